import type { Tx } from '../db/database.ts';

/**
 * What may have been used since the copy was made counts no more: codes up to `step` (30 s units since 1970), backup
 * codes, links of resets and their mails, set-ups that were not confirmed.
 */
export async function endProofs(
  tx: Tx,
  step: number,
  now: number,
): Promise<{ backupCodes: number; resets: number }> {
  await tx
    .updateTable('factor')
    .set((eb) => ({ last_step: eb.fn<number>('max', [eb.ref('last_step'), eb.val(step)]) }))
    .where('state', '=', 'active')
    .execute();
  await tx.updateTable('factor').set({ state: 'ended' }).where('state', '=', 'pending').execute();
  const codes = await tx
    .updateTable('backup_code')
    .set({ used_at: now })
    .where('used_at', 'is', null)
    .executeTakeFirst();
  const resets = await tx
    .updateTable('mfa_reset')
    .set({ withdrawn_at: now })
    .where('used_at', 'is', null)
    .where('withdrawn_at', 'is', null)
    .executeTakeFirst();
  await tx.deleteFrom('mail').where('kind', '=', 'mfa-reset').execute();
  return { backupCodes: Number(codes.numUpdatedRows), resets: Number(resets.numUpdatedRows) };
}
