import { type CustomScheme, protocol, type Session } from 'electron';
import { createPageFiles } from '../app/page-files.ts';
import { APP_SCHEME } from '../app/start-url.ts';
import { unlockSite } from '../app/unlock-site.ts';

export const schemes: CustomScheme[] = [
  { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
];

/** Before the app is ready, and only then. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged(schemes);
}

/** Serves the bundled page from `root`, an absolute folder, to the windows of one session. */
export function servePage(session: Session, root: string): void {
  session.protocol.handle(APP_SCHEME, createPageFiles(root));
}

/** The same for the unlock window: in its session, and in no other, the app answers for every https address. */
export function serveUnlockPage(session: Session, root: string): void {
  session.protocol.handle('https', createPageFiles(root, unlockSite));
}
