import type { BrowserWindow } from './browser-window.ts';

/** Every window that is not destroyed, by id. Apart from the class, so that what answers the page can find it. */
export const windows = new Map<number, BrowserWindow>();
