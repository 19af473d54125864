import { networkInterfaces, release } from 'node:os';
import { join } from 'node:path';
import { app, dialog, nativeTheme, net } from 'electron';
import type { Logger } from 'pino';
import { createClientCore } from '../../src-client/create-core.ts';
import { openJsonFile } from '../../src-client/settings/json-file.ts';
import { SNAPSHOT_CHANNEL } from '../../src-shared/app-ipc.ts';
import { TRUSTED_SERVERS_FILE } from '../../src-shared/server-key.ts';
import { UNLOCK_ORIGIN } from '../../src-shared/unlock.ts';
import { openActivityLog } from '../app/activity-log.ts';
import { createCommandHandlers } from '../app/app-commands.ts';
import { appFacts } from '../app/app-facts.ts';
import { appSettingsSchema, defaultAppSettings } from '../app/app-settings.ts';
import { assembleAppSnapshot } from '../app/app-snapshot-assembler.ts';
import { createAppState } from '../app/app-state.ts';
import { changeSettings } from '../app/change-settings.ts';
import { diagnosticsText } from '../app/diagnostics.ts';
import { Door } from '../app/door.ts';
import type { Inbox } from '../app/inbox.ts';
import { watchNetwork } from '../app/network-watch.ts';
import { projectSnapshots } from '../app/projections.ts';
import { SignInFlow } from '../app/sign-in-flow.ts';
import { createSleepGuard } from '../app/sleep-guard.ts';
import { SnapshotFeed } from '../app/snapshot-feed.ts';
import { TrafficSampler } from '../app/traffic-sampler.ts';
import { type TrayAction, trayView } from '../app/tray-view.ts';
import { wordsFor } from '../app/words.ts';
import { recoverFromCrashes } from './crash-recovery.ts';
import { createDesktop } from './desktop.ts';
import { askToQuit } from './dialogs.ts';
import { registerIpc } from './ipc.ts';
import { HIDDEN_ARGUMENT, setLaunchAtLogin } from './login-item.ts';
import { setApplicationMenu } from './menu.ts';
import { createNotifier } from './notifications.ts';
import { servePage } from './page-protocol.ts';
import { watchSystem } from './power.ts';
import { createQuitting } from './quitting.ts';
import { createSecureKeyboard, isPinAsked } from './secure-keyboard.ts';
import { openUiSession } from './session-hardening.ts';
import { createTray } from './tray.ts';
import { catchUncaughtErrors } from './uncaught-errors.ts';
import { createUnlockProviders } from './unlock-providers.ts';
import { startUpdater } from './updater.ts';
import { createMainWindow } from './window.ts';

export interface StartOptions {
  env: Readonly<Record<string, string | undefined>>;
  argv: readonly string[];
  /** Folder of settings, activity and log. */
  profile: string;
  /** Of the page, and its `scheme://host[:port]`. */
  url: string;
  origin: string;
  log: Logger;
  logTail: () => string[];
  /** Deep links, and wishes to see the window, from before now on. */
  links: Inbox<string>;
  focus: Inbox<void>;
}

/** Makes the parts of the desktop app and joins them; after this everything happens by events. */
export async function startApp(options: StartOptions): Promise<void> {
  const { env, profile, log, origin } = options;
  const { platform, versions } = process;
  const { isPackaged } = app;
  const now = Date.now;
  const monotonic = () => performance.now();
  const appPath = app.getAppPath();
  const settings = await openJsonFile({
    path: join(profile, 'app.json'),
    schema: appSettingsSchema,
    fallback: defaultAppSettings,
    now,
    log,
  });
  const activity = await openActivityLog({ folder: profile, now, log });
  const locale = app.getPreferredSystemLanguages()[0] ?? app.getLocale();
  const words = () => wordsFor(settings.current.language, locale);
  nativeTheme.themeSource = settings.current.theme;

  const unlock = createUnlockProviders({
    platform,
    isPackaged,
    env,
    preload: join(appPath, 'dist', 'preload-unlock.cjs'),
    pageFolder: join(appPath, 'dist', 'unlock-page'),
    parent: () => (window.isVisible() ? window.browserWindow : null),
    isDark: () => nativeTheme.shouldUseDarkColors,
    words,
    account: () => core.snapshot().account,
    monotonic,
    log,
  });
  const core = createClientCore({
    log,
    profileFolder: profile,
    env,
    isPackaged,
    appVersion: app.getVersion(),
    providers: unlock.providers,
  });
  const busAddress = isPackaged ? undefined : env.DBUS_SYSTEM_BUS_ADDRESS;
  const sleepGuard = createSleepGuard({ platform, log, ...(busAddress === undefined ? {} : { busAddress }) });
  const facts = appFacts({ version: app.getVersion(), platform, versions, isPackaged, locale, env });
  const state = createAppState({ facts, isOnline: net.isOnline(), now, onChange: () => refresh() });
  const sampler = new TrafficSampler({
    measure: () => core.measure(),
    read: () => core.snapshot().tunnel,
    monotonic,
    onSample: () => refresh(),
  });
  const door = new Door({ core, bringForward: () => window.bringForward() });
  const signIn = new SignInFlow(core, {
    serverUrl: facts.defaultServerUrl,
    caFile: isPackaged ? null : (env.POSTERN_CA ?? null),
  });
  const feed = new SnapshotFeed({
    assemble: (version) =>
      assembleAppSnapshot({
        version,
        app: state.facts,
        core: core.snapshot(),
        isOnline: state.isOnline,
        settings: settings.current,
        activity: activity.entries,
        traffic: sampler.samples,
        notices: state.notices,
      }),
    send: (snapshot) => window.send(SNAPSHOT_CHANNEL, snapshot),
    isVisible: () => window.isVisible(),
  });
  const quitting = createQuitting({
    isConnected: () => ['connected', 'reconnecting'].includes(core.snapshot().connection.phase),
    ask: () => {
      window.bringForward();
      return askToQuit(window.browserWindow, words());
    },
    async stop() {
      feed.stop();
      sampler.setRunning(false);
      network.stop();
      await core.stop();
      await Promise.all([settings.flush(), activity.flush()]);
    },
    log,
  });

  const uiSession = openUiSession(origin);
  servePage(uiSession, join(appPath, 'dist', 'renderer'));
  const window = createMainWindow({
    preload: join(appPath, 'dist', 'preload.cjs'),
    icon: join(appPath, 'dist', 'icons', 'app.png'),
    session: uiSession,
    isPackaged,
    isDark: nativeTheme.shouldUseDarkColors,
    isHiddenAtStart: options.argv.includes(HIDDEN_ARGUMENT),
    isQuitting: () => quitting.isQuitting,
    onVisibility: (isVisible) => projections.visibilityChanged(isVisible),
    onLoadFailed: (error) => log.error({ err: error }, 'the page cannot be loaded'),
  });
  const windowId = window.browserWindow.webContents.id;

  const notify = createNotifier(() => window.bringForward());
  const trayActions: Record<TrayAction, () => void> = {
    open: () => window.bringForward(),
    connect: () => void door.connect('tray'),
    cancel: () => void door.cancel('tray'),
    disconnect: () => void door.disconnect('tray'),
    quit: () => quitting.quit(),
  };
  const tray = createTray({
    icons: join(appPath, 'dist', 'icons'),
    platform,
    view: trayView(core.snapshot(), words()),
    act: (action) => trayActions[action](),
  });
  const projections = projectSnapshots({ core, door, activity, feed, sampler, window, tray, notify, words });
  const refresh = () => projections.refresh();
  const secureKeyboard = createSecureKeyboard({
    platform,
    window: window.browserWindow,
    isPinAsked: () => isPinAsked(core.snapshot().connection),
  });
  core.subscribe(() => secureKeyboard.update());

  catchUncaughtErrors({
    log,
    monotonic,
    tell() {
      state.notify('internal-error', words().internalErrorBody);
      notify({ title: words().internalError, body: words().internalErrorBody, isUrgent: false });
    },
  });
  recoverFromCrashes(window.browserWindow, {
    log,
    monotonic,
    onRecovered: () => state.change({ hasRecovered: true }),
    onGivenUp: () => dialog.showErrorBox(words().pageCrashed, words().pageCrashedBody),
  });
  const network = watchNetwork({
    isOnline: () => net.isOnline(),
    interfaces: networkInterfaces,
    onNetworkChanged: () => core.systemEvent('network-changed'),
    onOnline: (isOnline) => state.setOnline(isOnline),
  });
  const updater = startUpdater({
    isPackaged,
    resources: process.resourcesPath,
    onState: (update) => state.change({ update }),
    prepare: () => quitting.prepare(),
    log,
  });
  const trustedServersFile = isPackaged ? null : (env.POSTERN_TRUSTED_SERVERS ?? null);
  registerIpc({
    origins: { main: origin, unlock: UNLOCK_ORIGIN },
    kindOf: (id) => (id === windowId ? 'main' : unlock.windows.owns(id) ? 'unlock' : null),
    log,
    snapshot: () => feed.current(),
    unlock: unlock.windows.calls,
    commands: createCommandHandlers({
      core,
      door,
      signIn,
      desktop: createDesktop({ window, words, quitting, updater, appPath, trustedServersFile }),
      changeSettings: (patch) =>
        changeSettings(patch, {
          file: settings,
          setLaunchAtLogin: (isWanted) => setLaunchAtLogin(isWanted, { platform, env }),
          onChanged({ theme }) {
            nativeTheme.themeSource = theme;
            setApplicationMenu(platform, words());
            refresh();
          },
        }),
      diagnostics: () =>
        diagnosticsText({
          snapshot: feed.current(),
          versions: { electron: versions.electron ?? 'none', node: versions.node, system: release() },
          logTail: options.logTail(),
          sleepGuard: sleepGuard.state,
          now,
        }),
      trustedServersFile: trustedServersFile ?? TRUSTED_SERVERS_FILE,
      words,
    }),
  });
  setApplicationMenu(platform, words());
  window.load(options.url);
  for (const path of [settings.putAside, activity.putAside])
    if (path !== null) state.notify('file-damaged', words().settingsDamaged(path));
  watchSystem({ core, signIn, quitting, sleepGuard, platform, isPackaged, env, log });
  options.focus.open(() => window.bringForward());

  await core.start();
  if (settings.current.connectAtLaunch && core.snapshot().account) void door.connect('launch');
  options.links.open((link) => {
    void door.openLink(link).then((answer) => {
      if (!answer.ok) state.notify('deep-link', answer.problem.detail);
    });
  });
}
