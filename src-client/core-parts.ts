import type { Logger } from 'pino';
import type { HelperStatus } from '../src-shared/helper-rpc.ts';
import { Driver, type DriverOptions } from './connection/driver.ts';
import { SnapshotPublisher } from './snapshot/snapshot-publisher.ts';
import { createHelperClient, type HelperClient } from './tunnel/helper-client.ts';

export interface CorePartsOptions extends Pick<DriverOptions, 'makeProofs' | 'onForgetSession'> {
  log: Logger;
  helperSocket: string;
  helperOwnerUid: number;
  now: () => number;
  random: () => number;
}

/** What there is before a profile is open. */
export interface CoreParts {
  publisher: SnapshotPublisher;
  helper: HelperClient;
  driver: Driver;
  /** The helper's newest word on the tunnel: for everybody who watches, and for the machine. */
  tunnelHeard(status: HelperStatus): void;
}

/** A lease tells the time to the second only; less than this is known better from elsewhere. */
const CLOCK_NEWS_MS = 5_000;

/** Joins the snapshot, the helper and the machine's driver. Nothing is opened yet. */
export function createCoreParts(options: CorePartsOptions): CoreParts {
  const { log, now, random, makeProofs, onForgetSession } = options;
  const publisher = new SnapshotPublisher(now, log);
  const tunnelHeard = (status: HelperStatus) => {
    publisher.stage({ tunnel: status });
    driver.helperStatus(status);
    publisher.publish();
  };
  const helper = createHelperClient({
    socketPath: options.helperSocket,
    ownerUid: options.helperOwnerUid,
    random,
    log,
    events: {
      onReady(status) {
        driver.feed({ type: 'helper.ready' });
        tunnelHeard(status);
      },
      onLost(cause) {
        publisher.stage({ tunnel: null });
        driver.feed({ type: 'helper.lost', problem: cause });
        publisher.publish();
      },
      onStatus: tunnelHeard,
    },
  });
  const driver = new Driver({
    helper,
    now,
    clockOffsetMs: () => publisher.current.clockOffsetMs ?? 0,
    random,
    log,
    makeProofs,
    onForgetSession,
    onChange: (machine) => publisher.publish({ connection: machine.view, policy: machine.policy }),
    onNotice: (kind, text) => publisher.notify(kind, text),
    onServerTime(time) {
      const clockOffsetMs = time - now();
      if (Math.abs(clockOffsetMs - (publisher.current.clockOffsetMs ?? 0)) > CLOCK_NEWS_MS)
        publisher.stage({ clockOffsetMs });
    },
  });
  return { publisher, helper, driver, tunnelHeard };
}
