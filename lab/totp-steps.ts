import { TOTP_STEP_MS, totpAt, totpStep } from '../src-server/proof/mfa/totp.ts';

/** Room that a run needs before the step ends. */
const ROOM_MS = 8_000;

/** Three codes that the server takes one after the other now; waits when the present step is about to end. */
export async function freshSteps(
  secret: string,
): Promise<{ previous: string; current: string; next: string }> {
  const left = TOTP_STEP_MS - (Date.now() % TOTP_STEP_MS);
  if (left < ROOM_MS) await new Promise((resolve) => setTimeout(resolve, left + 50));
  const step = totpStep(Date.now());
  return {
    previous: totpAt(secret, step - 1),
    current: totpAt(secret, step),
    next: totpAt(secret, step + 1),
  };
}
