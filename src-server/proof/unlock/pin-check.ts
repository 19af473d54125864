import { createHash, timingSafeEqual } from 'node:crypto';
import { type Problem, problem } from '../../../src-shared/problem.ts';
import { PIN_ATTEMPTS, pinWaitsMs } from '../../../src-shared/unlock.ts';
import type { Tx } from '../../db/database.ts';
import type { DeviceRow } from '../../db/schema.ts';
import { noPin, noSoft, pinWaitUntil } from './unlock-state.ts';

/** How a PIN proof lies in the database: what is stored is not what is sent. */
export function pinVerifier(proof: string): string {
  return createHash('sha256').update(Buffer.from(proof, 'base64url')).digest('base64url');
}

/**
 * Checks a PIN in the caller's transaction: throttled → charged → compared. Kept on the device's row, so that it holds
 * across sessions and restarts. Null, or `wrong-pin`, `too-many-attempts`, `pin-removed` (the fifth wrong one takes PIN
 * and soft unlock away and demands a code). A refusal is a value: what was charged is committed.
 */
export async function checkPin(
  tx: Tx,
  device: DeviceRow,
  proof: string,
  now: number,
): Promise<Problem | null> {
  const waitUntil = pinWaitUntil(device, now);
  if (waitUntil > now) return throttledPin(waitUntil - now);
  const failures = device.pin_failures + 1;
  const waitMs = pinWaitsMs[failures - 1] ?? 0;
  const { numUpdatedRows } = await tx
    .updateTable('device')
    .set({ pin_failures: failures, pin_wait_until: waitMs > 0 ? now + waitMs : 0 })
    .where('id', '=', device.id)
    .where('pin_failures', '=', device.pin_failures)
    .executeTakeFirst();
  // Another server was charged in between; on one server transactions run one after the other.
  if (numUpdatedRows !== 1n) return throttledPin(1_000);
  if (isRightPin(device, proof)) {
    await tx
      .updateTable('device')
      .set({ pin_failures: 0, pin_wait_until: 0 })
      .where('id', '=', device.id)
      .execute();
    return null;
  }
  if (failures >= PIN_ATTEMPTS) {
    await tx
      .updateTable('device')
      .set({ ...noPin, ...noSoft, soft_base_at: 0, is_code_demanded: 1 })
      .where('id', '=', device.id)
      .execute();
    return problem('pin-removed');
  }
  return problem('wrong-pin', undefined, {
    attemptsLeft: PIN_ATTEMPTS - failures,
    ...(waitMs > 0 ? { retryAfterMs: waitMs } : {}),
  });
}

/** Says which of two proofs has to wait. */
function throttledPin(retryAfterMs: number): Problem {
  return problem('too-many-attempts', undefined, { retryAfterMs, method: 'pin' });
}

function isRightPin({ pin_verifier }: DeviceRow, proof: string): boolean {
  if (pin_verifier === null) return false;
  return timingSafeEqual(
    Buffer.from(pinVerifier(proof), 'base64url'),
    Buffer.from(pin_verifier, 'base64url'),
  );
}
