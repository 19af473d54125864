import { resolve } from 'node:path';
import { app } from 'electron';
import { DEEP_LINK_SCHEME, deepLinkIn } from '../app/deep-link.ts';

export interface InstanceEvents {
  /** Somebody started the app again. */
  onFocus: () => void;
  onLink: (link: string) => void;
}

/** False when another instance of this user runs already; that one has been told. */
export function claimSingleInstance({ onFocus, onLink }: InstanceEvents): boolean {
  if (!app.requestSingleInstanceLock()) return false;
  // Its arguments come from any program: a deep link at most, never a command.
  app.on('second-instance', (_event, argv) => {
    onFocus();
    const link = deepLinkIn(argv);
    if (link !== null) onLink(link);
  });
  app.on('open-url', (event, url) => {
    event.preventDefault();
    onFocus();
    onLink(url);
  });
  app.on('activate', onFocus);
  return true;
}

/** Makes the system open `postern://` links with this app. An installed package registers them by itself as well. */
export function registerDeepLinks(argv: readonly string[]): void {
  if (app.isPackaged) app.setAsDefaultProtocolClient(DEEP_LINK_SCHEME);
  else if (process.platform === 'win32' && argv[1] !== undefined)
    app.setAsDefaultProtocolClient(DEEP_LINK_SCHEME, process.execPath, [resolve(argv[1])]);
}
