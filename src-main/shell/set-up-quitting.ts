import type { Logger } from 'pino';
import type { ClientCore } from '../../src-client/core.ts';
import type { SnapshotFeed } from '../app/snapshot-feed.ts';
import type { TrafficSampler } from '../app/traffic-sampler.ts';
import { askToQuit } from './dialogs.ts';
import { createQuitting, type Quitting } from './quitting.ts';
import type { Records } from './set-up-records.ts';
import type { MainWindow } from './window.ts';

export interface QuittingParts {
  core: ClientCore;
  window: MainWindow;
  records: Records;
  feed: SnapshotFeed;
  sampler: TrafficSampler;
  network: { stop(): void };
  log: Logger;
}

/** How the app ends: the user is asked in front of the window, and everything that runs is ended in order. */
export function setUpQuitting(parts: QuittingParts): Quitting {
  const { core, window, feed, sampler, network, log } = parts;
  const { settings, activity, words } = parts.records;
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
  window.hideOnClose(() => !quitting.isQuitting);
  window.onSessionEnd(() => quitting.quitWithoutAsking());
  return quitting;
}
