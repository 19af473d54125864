import { Notification } from 'electron';
import type { AppNotification } from '../app/notification-events.ts';

/** Shows a native notification. Those that wait for a click are kept, or they would be collected unheard. */
export function createNotifier(onClick: () => void): (notification: AppNotification) => void {
  const open = new Set<Notification>();
  return ({ title, body, isUrgent }) => {
    if (!Notification.isSupported()) return;
    const notification = new Notification({ title, body, urgency: isUrgent ? 'critical' : 'normal' });
    open.add(notification);
    notification.on('click', () => {
      open.delete(notification);
      onClick();
    });
    notification.on('close', () => open.delete(notification));
    notification.on('failed', () => open.delete(notification));
    notification.show();
  };
}
