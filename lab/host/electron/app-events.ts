import { EventEmitter } from 'node:events';

/** Events of `app` that other parts raise; `app` passes them on. */
export const appEvents = new EventEmitter();
