import { EventEmitter } from 'node:events';
import { recorder } from './recorder.ts';

type Implemented = Pick<Electron.Notification, 'show' | 'close' | 'title' | 'body' | 'urgency'>;

/** A notification that nobody sees: it is in the recorder once shown. */
export class Notification extends EventEmitter implements Implemented {
  static isSupported(): boolean {
    return true;
  }
  title: string;
  body: string;
  urgency: 'normal' | 'critical' | 'low';

  constructor(options: Electron.NotificationConstructorOptions = {}) {
    super();
    this.title = options.title ?? '';
    this.body = options.body ?? '';
    this.urgency = options.urgency ?? 'normal';
  }
  show(): void {
    const { title, body, urgency } = this;
    recorder.notifications.push({ title, body, urgency, object: this as unknown as Electron.Notification });
    this.emit('show', {});
  }
  close(): void {
    this.emit('close', {});
  }
}
