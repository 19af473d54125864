import type { Logger } from 'pino';
import type { HelperStatus } from '../src-shared/helper-rpc.ts';
import { Driver, type DriverOptions } from './connection/driver.ts';
import { GuardKeeper } from './guard/guard-keeper.ts';
import { OverlapKeeper, type OverlapKeeperOptions } from './network/overlap-keeper.ts';
import { LeaseKeyHandover } from './session/lease-key-handover.ts';
import { SnapshotPublisher } from './snapshot/snapshot-publisher.ts';
import { createHelperClient, type HelperClient } from './tunnel/helper-client.ts';

export interface CorePartsOptions
  extends Pick<DriverOptions, 'makeProofs' | 'onForgetSession'>,
    Pick<OverlapKeeperOptions, 'attachment'> {
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
  guard: GuardKeeper;
  overlap: OverlapKeeper;
  leaseKeys: LeaseKeyHandover;
  /** The helper's newest word on the tunnel: for everybody who watches, and for the machine. */
  tunnelHeard(status: HelperStatus): void;
}

/** A lease tells the time to the second only; less than this is known better from elsewhere. */
const CLOCK_NEWS_MS = 5_000;

/** Joins the snapshot, the helper and the machine's driver. Nothing is opened yet. */
export function createCoreParts(options: CorePartsOptions): CoreParts {
  const { log, now, random, attachment, makeProofs, onForgetSession } = options;
  const publisher = new SnapshotPublisher(now, log);
  const tunnelHeard = (status: HelperStatus) => {
    publisher.stage({ tunnel: status, guard: status.guard ?? null });
    overlap.heard(status);
    driver.helperStatus(status);
    publisher.publish();
    guard.heard(status);
  };
  const helper = createHelperClient({
    socketPath: options.helperSocket,
    ownerUid: options.helperOwnerUid,
    random,
    log,
    events: {
      onReady(status) {
        driver.helperReady();
        tunnelHeard(status);
        guard.helperReady();
        leaseKeys.ask();
      },
      onLost(cause) {
        guard.helperLost();
        publisher.stage({ tunnel: null, guard: null });
        overlap.lost();
        driver.feed({ type: 'helper.lost', problem: cause });
        publisher.publish();
      },
      onStatus: tunnelHeard,
    },
  });
  const clockOffsetMs = () => publisher.current.clockOffsetMs ?? 0;
  const guard = new GuardKeeper({ helper, log, serverNow: () => now() + clockOffsetMs() });
  const leaseKeys = new LeaseKeyHandover({ helper, log });
  const overlap = new OverlapKeeper({
    ...{ helper, attachment, log },
    onChange: (overlap) => publisher.stage({ overlap }),
    onRest: () => publisher.publish(),
  });
  const driver = new Driver({
    helper,
    now,
    clockOffsetMs,
    random,
    log,
    makeProofs,
    onForgetSession,
    onChange: (machine) => publisher.publish({ connection: machine.view, policy: machine.policy }),
    onGuard: (token) => void guard.given(token),
    onNotice: (kind, text) => publisher.notify(kind, text),
    onServerTime(time) {
      const offsetMs = time - now();
      if (Math.abs(offsetMs - clockOffsetMs()) > CLOCK_NEWS_MS) publisher.stage({ clockOffsetMs: offsetMs });
    },
  });
  return { publisher, helper, driver, guard, overlap, leaseKeys, tunnelHeard };
}
