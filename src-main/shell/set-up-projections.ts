import { join } from 'node:path';
import type { ClientCore } from '../../src-client/core.ts';
import type { ConnectRequests } from '../app/connect-requests.ts';
import type { AppNotification } from '../app/notification-events.ts';
import { projectSnapshots } from '../app/projections.ts';
import type { Signal } from '../app/signal.ts';
import type { SnapshotFeed } from '../app/snapshot-feed.ts';
import type { TrafficSampler } from '../app/traffic-sampler.ts';
import { type TrayAction, trayView } from '../app/tray-view.ts';
import type { Launch } from './launch.ts';
import type { Quitting } from './quitting.ts';
import { createSecureKeyboard, isPinAsked } from './secure-keyboard.ts';
import type { Records } from './set-up-records.ts';
import { createTray } from './tray.ts';
import type { MainWindow } from './window.ts';

export interface ProjectionParts {
  core: ClientCore;
  requests: ConnectRequests;
  window: MainWindow;
  records: Records;
  feed: SnapshotFeed;
  sampler: TrafficSampler;
  quitting: Quitting;
  notify: (notification: AppNotification) => void;
  changed: Signal;
}

/** Everything that follows the core's snapshots: window, tray, notifications, activity, and the keyboard of macOS. */
export function setUpProjections({ platform, appPath, now }: Launch, parts: ProjectionParts): void {
  const { core, requests, window, records, feed, sampler, quitting, notify, changed } = parts;
  const { activity, words } = records;
  const actions: Record<TrayAction, () => void> = {
    open: () => window.bringForward(),
    connect: () => void requests.connect('tray'),
    cancel: () => void requests.cancel('tray'),
    disconnect: () => void requests.disconnect('tray'),
    quit: () => quitting.quit(),
  };
  const tray = createTray({
    icons: join(appPath, 'dist', 'icons'),
    platform,
    view: trayView(core.snapshot(), words(), now()),
    act: (action) => actions[action](),
  });
  const projections = projectSnapshots({
    core,
    requests,
    activity,
    feed,
    sampler,
    window,
    tray,
    notify,
    words,
    now,
  });
  changed.subscribe(projections.refresh);
  window.onVisibility(projections.visibilityChanged);
  const secureKeyboard = createSecureKeyboard({
    platform,
    window: window.browserWindow,
    isPinAsked: () => isPinAsked(core.snapshot().connection),
  });
  core.subscribe(() => secureKeyboard.update());
}
