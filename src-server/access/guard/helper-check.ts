import type { ConnectRequest } from '../../../src-shared/client-api.ts';
import type { HelperFeature } from '../../../src-shared/helper-rpc.ts';
import type { Policy } from '../../../src-shared/policy.ts';
import { type Problem, problem } from '../../../src-shared/problem.ts';
import { appendOnceAnHour } from '../../audit/once-an-hour.ts';
import type { Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import type { DeviceRow } from '../../db/schema.ts';

type Helper = ConnectRequest['helper'];

interface HelperCheck {
  device: DeviceRow;
  policy: Policy;
  helper: Helper;
  /** As in `AuditEntry`. */
  actor: string;
  ip: string | null;
  now: number;
}

const REFUSED = 'guard.unsupported';

/** Whether this helper can hold traffic back; one that says nothing of itself cannot. */
export function canGuard(helper: Helper): boolean {
  return helper?.features.includes('guard' satisfies HelperFeature) ?? false;
}

/**
 * Notes what the device's helper is and can do, and answers `guard-unsupported` where the team has traffic held back
 * and it cannot, which is in the audit log. To be asked before a proof is looked at: what is refused here costs no code and no attempt.
 */
export async function checkHelper(tx: Tx, check: HelperCheck): Promise<Problem | null> {
  const { device, policy, helper } = check;
  const can_guard = canGuard(helper) ? 1 : 0;
  const helper_version = helper?.version ?? null;
  // An exemption is for as long as the device cannot.
  const is_guard_exempt = can_guard === 1 ? 0 : device.is_guard_exempt;
  const isSame =
    device.can_guard === can_guard &&
    device.helper_version === helper_version &&
    device.is_guard_exempt === is_guard_exempt;
  if (!isSame) await noteHelper(tx, { id: device.id, helper_version, can_guard, is_guard_exempt });
  const isRefused = policy.trafficWhileWaiting !== 'off' && can_guard === 0 && is_guard_exempt === 0;
  if (!isRefused) return null;
  await auditRefusal(tx, check);
  return problem('guard-unsupported');
}

async function auditRefusal(tx: Tx, { device, helper, actor, ip, now }: HelperCheck): Promise<void> {
  const details = { helperVersion: helper?.version ?? null };
  const subject = `device:${device.id}`;
  await appendOnceAnHour(tx, { at: now, actor, action: REFUSED, subject, outcome: 'refused', ip, details });
}

type Noted = Pick<DeviceRow, 'id' | 'helper_version' | 'can_guard' | 'is_guard_exempt'>;
const noteHelper = prepared<Noted, unknown>((db, param) =>
  db
    .updateTable('device')
    .set({
      helper_version: param('helper_version'),
      can_guard: param('can_guard'),
      is_guard_exempt: param('is_guard_exempt'),
    })
    .where('id', '=', param('id')),
);
