import type { Snapshot } from '../../src-client/snapshot/snapshot.ts';
import { activityBetween } from './activity-events.ts';
import type { ActivityLog } from './activity-log.ts';
import type { ConnectRequests } from './connect-requests.ts';
import { type AppNotification, notificationBetween, opensGate } from './notification-events.ts';
import type { SnapshotFeed } from './snapshot-feed.ts';
import type { TrafficSampler } from './traffic-sampler.ts';
import { type TrayView, trayView } from './tray-view.ts';
import type { Words } from './words.ts';

export interface ProjectionsOptions {
  core: { snapshot(): Snapshot; subscribe(listener: (snapshot: Snapshot) => void): () => void };
  requests: Pick<ConnectRequests, 'asked'>;
  activity: ActivityLog;
  feed: Pick<SnapshotFeed, 'changed' | 'shown'>;
  sampler: TrafficSampler;
  window: { isVisible(): boolean; bringForward(): void };
  tray: { show(view: TrayView): void };
  notify: (notification: AppNotification) => void;
  words: () => Words;
}

export interface Projections {
  /** Something beside the connection changed: settings, network, an update. */
  refresh(): void;
  visibilityChanged(isVisible: boolean): void;
}

/** Window, tray, notifications and activity are all drawn from the core's snapshots, and from nothing else. */
export function projectSnapshots(options: ProjectionsOptions): Projections {
  const { core, requests, activity, feed, sampler, window, tray, notify, words } = options;
  let before = core.snapshot();

  function sample(isVisible: boolean): void {
    const { phase } = core.snapshot().connection;
    if (phase !== 'connected' && phase !== 'reconnecting') sampler.clear();
    sampler.setRunning(isVisible && phase === 'connected');
  }

  core.subscribe((after) => {
    const previous = before;
    before = after;
    activity.add(activityBetween(previous, after, requests.asked));
    // The gate is on its way to the screen before anything slower is done.
    feed.changed(after.connection.phase);
    if (opensGate(previous, after)) window.bringForward();
    const news = notificationBetween(previous, after, words());
    if (news) notify(news);
    tray.show(trayView(after, words()));
    sample(window.isVisible());
  });

  return {
    refresh() {
      const now = core.snapshot();
      feed.changed(now.connection.phase);
      tray.show(trayView(now, words()));
    },
    visibilityChanged(isVisible) {
      sample(isVisible);
      if (isVisible) feed.shown();
    },
  };
}
