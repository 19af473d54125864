import { setTimeout as sleep } from 'node:timers/promises';
import { TOTP_STEP_MS, totpAt, totpStep } from '../src-server/proof/mfa/totp.ts';

/** Room that the first code needs before its step ends. */
const ROOM_MS = 8_000;

/**
 * Three codes that the server takes one after the other. `previous` is for now. The others are made when they are first
 * asked for, so that they are right then, however long a test took to get there, and stay the same from there on.
 */
export interface FreshCodes {
  readonly previous: string;
  readonly current: string;
  readonly next: string;
}

/** Waits when the present step is about to end. */
export async function freshSteps(secret: string): Promise<FreshCodes> {
  const left = TOTP_STEP_MS - (Date.now() % TOTP_STEP_MS);
  if (left < ROOM_MS) await sleep(left + 50);
  const first = totpStep(Date.now()) - 1;
  let second: number | null = null;
  let third: number | null = null;
  return {
    previous: totpAt(secret, first),
    get current() {
      second ??= totpStep(Date.now());
      return totpAt(secret, second);
    },
    get next() {
      third ??= second === null ? totpStep(Date.now()) + 1 : Math.max(second + 1, totpStep(Date.now()));
      return totpAt(secret, third);
    },
  };
}
