import type { Logger } from 'pino';
import type { HelperStatus } from '../src-shared/helper-rpc.ts';
import { watchClockGap } from './clock/clock-gap.ts';
import type { Driver } from './connection/driver.ts';
import type { GuardKeeper } from './guard/guard-keeper.ts';
import type { SessionKeeper } from './session/session-keeper.ts';
import type { HelperClient } from './tunnel/helper-client.ts';

const STATUS_INTERVAL_MS = 10_000;
/** Shorter than what may close an idle connection, so that the one for the gate never has to be opened first. */
const WARM_INTERVAL_MS = 2 * 60_000;
const GUARD_INTERVAL_MS = 3_600_000;

export interface BackgroundOptions {
  driver: Pick<Driver, 'feed' | 'machine'>;
  helper: HelperClient;
  guard: GuardKeeper;
  session: SessionKeeper;
  now: () => number;
  monotonic: () => number;
  log: Logger;
  onTunnel: (status: HelperStatus) => void;
}

/** What goes on while nobody asks for anything: sleep is noticed, the tunnel looked at, the gate's connection and the guard kept. */
export function startBackground(options: BackgroundOptions): { stop(): void } {
  const { driver, helper, guard, session, now, monotonic, log, onTunnel } = options;
  const gaps = watchClockGap({
    now,
    monotonic,
    onGap: (gapMs) => {
      log.info({ gapMs }, 'clock gap');
      driver.feed({ type: 'wake' });
    },
  });
  // The helper tells of bytes that move; that none move, or that it hangs, has to be asked for.
  const polling = setInterval(() => {
    if (driver.machine.lease === null || !helper.isReady) return;
    void helper.status().then((status) => {
      if (status.ok) onTunnel(status.value);
    });
  }, STATUS_INTERVAL_MS);
  const warming = setInterval(() => {
    const { phase } = driver.machine.view;
    if (phase === 'gate' || phase === 'connected' || phase === 'reconnecting') session.link?.warm();
  }, WARM_INTERVAL_MS);
  const guarding = setInterval(() => guard.look(), GUARD_INTERVAL_MS);
  return {
    stop() {
      gaps.stop();
      clearInterval(guarding);
      clearInterval(polling);
      clearInterval(warming);
    },
  };
}
