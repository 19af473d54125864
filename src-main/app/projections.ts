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
  /** Milliseconds since 1970, this computer's clock. */
  now: () => number;
}

export interface Projections {
  /** Something beside the connection changed: settings, network, an update. */
  refresh(): void;
  visibilityChanged(isVisible: boolean): void;
}

/** While minutes are counted down. */
const PORTAL_TICK_MS = 5_000;

/** Window, tray, notifications and activity are all drawn from the core's snapshots, and from nothing else. */
export function projectSnapshots(options: ProjectionsOptions): Projections {
  const { core, requests, activity, feed, sampler, window, tray, notify, words, now } = options;
  let before = core.snapshot();
  let counting: NodeJS.Timeout | null = null;

  function showTray(snapshot: Snapshot): void {
    tray.show(trayView(snapshot, words(), now()));
    const { guard } = snapshot;
    const isCounting = guard !== null && guard.portalUntil !== null && Date.parse(guard.portalUntil) > now();
    if (isCounting) counting ??= setInterval(() => showTray(core.snapshot()), PORTAL_TICK_MS).unref();
    else if (counting) {
      clearInterval(counting);
      counting = null;
    }
  }

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
    showTray(after);
    sample(window.isVisible());
  });

  return {
    refresh() {
      const current = core.snapshot();
      feed.changed(current.connection.phase);
      showTray(current);
    },
    visibilityChanged(isVisible) {
      sample(isVisible);
      if (isVisible) feed.shown();
    },
  };
}
