import { appendAudit } from '../../audit/audit-log.ts';
import type { Tx } from '../../db/database.ts';
import type { DeviceRow } from '../../db/schema.ts';

/**
 * The device as it has to be to count again on its own computer, which has seen leases of `knownEpoch`. The record knows
 * of less only when it is an older copy: that a server was restored from a backup is in the audit log by this. Whatever
 * was proven in the copy's time is worth nothing, as after any end of access.
 */
export async function catchUpEpoch(
  tx: Tx,
  device: DeviceRow,
  input: { knownEpoch: number | undefined; actor: string; ip: string | null; now: number },
): Promise<DeviceRow> {
  const { knownEpoch, actor, ip, now } = input;
  if (knownEpoch === undefined || knownEpoch <= device.epoch) return device;
  const caughtUp = { epoch: knownEpoch + 1, soft_base_at: now };
  await tx.updateTable('device').set(caughtUp).where('id', '=', device.id).execute();
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'device.epoch',
    subject: `device:${device.id}`,
    outcome: 'ok',
    ip,
    details: { from: device.epoch, knownEpoch },
  });
  return { ...device, ...caughtUp };
}
