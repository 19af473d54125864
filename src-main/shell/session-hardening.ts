import { app, type Session, session } from 'electron';
import { UNLOCK_ORIGIN } from '../../src-shared/unlock.ts';
import { isBelow, isOwnRequest } from '../app/start-url.ts';

/** In memory (no `persist:`) and without a cache: the page leaves nothing on the disk. */
const UI_PARTITION = 'postern-ui';
const UNLOCK_PARTITION = 'postern-unlock';

/** Hardens every session that exists or will: no permission, no device, no request but to our own page. */
export function hardenSessions(origin: string): void {
  app.on('session-created', (created) => hardenSession(created, origin));
}

/** The session of the window. Only after the app is ready, when Electron's own session exists too and is closed as well. */
export function openUiSession(origin: string): Session {
  hardenSession(session.defaultSession, origin);
  return session.fromPartition(UI_PARTITION, { cache: false });
}

/**
 * The session of the unlock window: hardened like the others, for its own page alone. On macOS it has to be kept on the
 * disk, for it holds what unseals the keys that Chromium makes there; it has no cache, and the page stores nothing.
 */
export function openUnlockSession(platform: string): Session {
  const name = platform === 'darwin' ? `persist:${UNLOCK_PARTITION}` : UNLOCK_PARTITION;
  const opened = session.fromPartition(name, { cache: false });
  hardenSession(opened, UNLOCK_ORIGIN);
  return opened;
}

/** The updater's session: it reaches what lies in the folder of its feed, and nothing else. `feedUrl` ends in no slash. */
export function hardenUpdateSession(target: Session, feedUrl: string): void {
  harden(target, (url) => isBelow(url, feedUrl));
}

export function hardenSession(target: Session, origin: string): void {
  harden(target, (url) => isOwnRequest(url, origin));
}

/** Said again, the newest word on requests counts. */
function harden(target: Session, isAllowed: (url: string) => boolean): void {
  target.setPermissionRequestHandler((_contents, _permission, callback) => callback(false));
  target.setPermissionCheckHandler(() => false);
  target.setDevicePermissionHandler(() => false);
  target.setDisplayMediaRequestHandler((_request, callback) => callback(null));
  target.webRequest.onBeforeRequest((details, callback) => callback({ cancel: !isAllowed(details.url) }));
}
