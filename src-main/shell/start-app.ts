import { connectAtLaunch } from '../app/connect-at-launch.ts';
import { ConnectRequests } from '../app/connect-requests.ts';
import type { Inbox } from '../app/inbox.ts';
import { SignInFlow } from '../app/sign-in-flow.ts';
import { createSignal } from '../app/signal.ts';
import { createSleepGuard } from '../app/sleep-guard.ts';
import { type LaunchInput, readLaunch } from './launch.ts';
import { setApplicationMenu } from './menu.ts';
import { createNotifier } from './notifications.ts';
import { watchSystem } from './power.ts';
import { setUpCommands } from './set-up-commands.ts';
import { setUpCore } from './set-up-core.ts';
import { setUpFailures } from './set-up-failures.ts';
import { setUpFeed } from './set-up-feed.ts';
import { setUpNetwork } from './set-up-network.ts';
import { setUpProjections } from './set-up-projections.ts';
import { setUpQuitting } from './set-up-quitting.ts';
import { setUpRecords } from './set-up-records.ts';
import { setUpWindow } from './set-up-window.ts';
import { startUpdater } from './updater.ts';

export interface StartOptions extends LaunchInput {
  /** Deep links, and wishes to see the window, from before now on. */
  links: Inbox<string>;
  focus: Inbox<void>;
}

/** Sets up the parts of the desktop app, each on those before it; after this everything happens by events. */
export async function startApp({ links, focus, ...input }: StartOptions): Promise<void> {
  const launch = readLaunch(input);
  const { platform, isPackaged, env, resources, log } = launch;
  const records = await setUpRecords(launch);
  const { settings, activity, words } = records;
  const changed = createSignal();
  const busAddress = isPackaged ? undefined : env.DBUS_SYSTEM_BUS_ADDRESS;
  const sleepGuard = createSleepGuard({ platform, log, ...(busAddress === undefined ? {} : { busAddress }) });

  const window = setUpWindow(launch);
  const { core, unlockWindows } = setUpCore(launch, { window, words });
  const requests = new ConnectRequests({ core, bringForward: window.bringForward });
  const { state, sampler, feed } = setUpFeed(launch, { core, window, records, changed });
  const signIn = new SignInFlow(core, {
    serverUrl: state.facts.defaultServerUrl,
    caFile: isPackaged ? null : (env.POSTERN_CA ?? null),
  });
  const network = setUpNetwork(state);
  const quitting = setUpQuitting({ core, window, records, feed, sampler, network, log });
  const notify = createNotifier(window.bringForward);
  setUpProjections(launch, {
    ...{ core, requests, window, records, feed, sampler, quitting, notify, changed },
  });
  setUpFailures(launch, { window, state, notify, words });
  const updater = startUpdater({
    isPackaged,
    resources,
    onState: (update) => state.change({ update }),
    expectInstaller: () => quitting.expectInstaller(),
    log,
  });
  setUpCommands(launch, {
    ...{
      core,
      unlockWindows,
      requests,
      signIn,
      window,
      records,
      feed,
      quitting,
      updater,
      sleepGuard,
      changed,
    },
  });

  setApplicationMenu(platform, words());
  window.load(launch.url);
  for (const path of [settings.putAside, activity.putAside])
    if (path !== null) state.notify('file-damaged', words().settingsDamaged(path));
  watchSystem({ core, signIn, quitting, sleepGuard, platform });
  focus.open(window.bringForward);

  await core.start();
  connectAtLaunch({
    core,
    isWanted: () => settings.current.connectAtLaunch,
    connect: () => void requests.connect('launch'),
  });
  links.open((link) => {
    void requests.openLink(link).then((answer) => {
      if (!answer.ok) state.notify('deep-link', answer.problem.detail);
    });
  });
}
