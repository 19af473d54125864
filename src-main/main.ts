import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { app } from 'electron';
import { defaultProfileFolder } from '../src-client/settings/profile-lock.ts';
import { createAppLog } from './app/app-log.ts';
import { deepLinkIn } from './app/deep-link.ts';
import { forbiddenSwitches } from './app/forbidden-switches.ts';
import { createInbox } from './app/inbox.ts';
import { APP_ORIGIN, originOf, startUrl } from './app/start-url.ts';
import { claimSingleInstance, registerDeepLinks } from './shell/instance.ts';
import { guardNavigation } from './shell/navigation.ts';
import { registerPageScheme } from './shell/page-protocol.ts';
import { hardenSessions } from './shell/session-hardening.ts';
import { startApp } from './shell/start-app.ts';

const { env, argv } = process;
const { isPackaged } = app;

/** Everything that has to be in force before the first window, and may not wait for anything. */
function begin(): void {
  app.enableSandbox();
  registerPageScheme();
  const profile = env.POSTERN_PROFILE || defaultProfileFolder(env);
  const userData = join(profile, 'window');
  mkdirSync(userData, { recursive: true, mode: 0o700 });
  app.setPath('userData', userData);
  app.setAppUserModelId('io.postern.desktop');
  const { log, tail } = createAppLog({
    folder: profile,
    level: env.POSTERN_LOG_LEVEL ?? 'info',
    ...(env.POSTERN_LOG_LEVEL === undefined ? {} : { mirror: process.stderr }),
  });
  const url = startUrl(env, isPackaged);
  const origin = originOf(url) ?? APP_ORIGIN;
  hardenSessions(origin);
  guardNavigation(origin, log);
  const links = createInbox<string>();
  const focus = createInbox<void>();
  const isFirst = claimSingleInstance({ onFocus: () => focus.put(), onLink: (link) => links.put(link) });
  if (!isFirst) {
    log.info('another instance is running');
    app.quit();
    return;
  }
  registerDeepLinks(argv);
  const link = deepLinkIn(argv);
  if (link !== null) links.put(link);
  // No await at the top of this file: Electron becomes ready only after the entry module has been evaluated.
  app
    .whenReady()
    .then(() => startApp({ env, argv, profile, url, origin, log, logTail: tail, links, focus }))
    .catch((error: unknown) => {
      log.fatal({ err: error }, 'could not start');
      app.exit(1);
    });
}

const refused = isPackaged ? forbiddenSwitches(argv) : [];
if (refused.length > 0) {
  process.stderr.write(`Postern does not start with --${refused.join(', --')}.\n`);
  app.exit(64);
} else {
  begin();
}
