import { wholeNumberList } from '../../../src-shared/primitives.ts';
import type { Tx } from '../../db/database.ts';
import type { FactorRow } from '../../db/schema.ts';
import { TOTP_DRIFT_WINDOW } from './totp.ts';

/** The steps near the present whose code was refused because it came too early or too late. */
export function readRefusedSteps({ refused_steps_json }: Pick<FactorRow, 'refused_steps_json'>): number[] {
  return wholeNumberList.parse(JSON.parse(refused_steps_json));
}

/** Remembers them, and of the older ones what the clock could still come back to: 21 steps at most. */
export async function noteRefusedSteps(
  tx: Tx,
  factor: Pick<FactorRow, 'id' | 'refused_steps_json'>,
  steps: readonly number[],
  current: number,
): Promise<void> {
  if (steps.length === 0) return;
  const known = readRefusedSteps(factor).filter((step) => Math.abs(step - current) <= TOTP_DRIFT_WINDOW);
  await tx
    .updateTable('factor')
    .set({ refused_steps_json: JSON.stringify([...new Set([...known, ...steps])]) })
    .where('id', '=', factor.id)
    .execute();
}
