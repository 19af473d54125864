import type { Tx } from '../../db/database.ts';

/** `ctr` of a statement, taken by one conditional write; false when it did not grow: a second copy of the key may be about. */
export async function advanceProofCounter(tx: Tx, deviceId: string, counter: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('device')
    .set({ proof_counter: counter })
    .where('id', '=', deviceId)
    .where('proof_counter', '<', counter)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** The signature counter of an assertion, likewise; an authenticator that does not count says 0 for ever (WebAuthn level 3, §6.1.1). */
export async function advanceHardwareCounter(tx: Tx, deviceId: string, counter: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('device')
    .set({ hardware_counter: counter })
    .where('id', '=', deviceId)
    .where((eb) => (counter === 0 ? eb('hardware_counter', '=', 0) : eb('hardware_counter', '<', counter)))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
