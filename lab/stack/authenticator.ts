import { setTimeout as sleep } from 'node:timers/promises';
import { generateSync } from 'otplib';

/** RFC 6238 as authenticator apps speak it: SHA-1, six digits, 30 s steps. */
const STEP_MS = 30_000;

export interface AuthenticatorReading {
  code: string;
  /** Milliseconds until the next code. */
  leftMs: number;
}

/** What the member's phone shows at `now` (milliseconds since 1970); `secret` is Base32. */
export function readAuthenticator(secret: string, now: number): AuthenticatorReading {
  const code = generateSync({ secret, strategy: 'totp', epoch: Math.floor(now / 1000) });
  return { code, leftMs: STEP_MS - (now % STEP_MS) };
}

/** Waits until the phone shows a code other than `used` and returns it; `onWait` hears for how long, milliseconds. */
export async function nextCode(
  secret: string,
  used: string,
  onWait: (leftMs: number) => void,
): Promise<string> {
  for (;;) {
    const { code, leftMs } = readAuthenticator(secret, Date.now());
    if (code !== used) return code;
    onWait(leftMs);
    // A little into the step, so that both ends agree on it.
    await sleep(leftMs + 250);
  }
}
