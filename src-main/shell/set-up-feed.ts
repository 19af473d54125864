import { net } from 'electron';
import type { ClientCore } from '../../src-client/core.ts';
import { SNAPSHOT_CHANNEL } from '../../src-shared/app-ipc.ts';
import { appFacts } from '../app/app-facts.ts';
import { assembleAppSnapshot } from '../app/app-snapshot-assembler.ts';
import { type AppState, createAppState } from '../app/app-state.ts';
import type { Signal } from '../app/signal.ts';
import { SnapshotFeed } from '../app/snapshot-feed.ts';
import { TrafficSampler } from '../app/traffic-sampler.ts';
import type { Launch } from './launch.ts';
import type { Records } from './set-up-records.ts';
import type { MainWindow } from './window.ts';

export interface FeedParts {
  core: ClientCore;
  window: MainWindow;
  records: Records;
  /** Emits when something beside the connection has changed that the window shows. */
  changed: Signal;
}

/** What the window is shown: the state of the app, the traffic, and the feed that puts all of it together. */
export function setUpFeed(
  { version, platform, isPackaged, locale, env, now, monotonic }: Launch,
  { core, window, records: { settings, activity }, changed }: FeedParts,
): { state: AppState; sampler: TrafficSampler; feed: SnapshotFeed } {
  const facts = appFacts({ version, platform, versions: process.versions, isPackaged, locale, env });
  const state = createAppState({ facts, isOnline: net.isOnline(), now, onChange: changed.emit });
  const sampler = new TrafficSampler({
    measure: () => core.measure(),
    read: () => core.snapshot().tunnel,
    monotonic,
    onSample: changed.emit,
  });
  const feed = new SnapshotFeed({
    assemble: (snapshotVersion) =>
      assembleAppSnapshot({
        version: snapshotVersion,
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
  return { state, sampler, feed };
}
