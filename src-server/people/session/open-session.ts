import type { SignInAnswer, SignInRequest } from '../../../src-shared/client-api.ts';
import { voidEvents } from '../../access/channel/event-store.ts';
import { newGuardState } from '../../access/guard/guard-state.ts';
import type { Tx } from '../../db/database.ts';
import type { SessionRow } from '../../db/schema.ts';
import { SESSION_LIFE_MS } from '../../http/session.ts';
import { codeAccepted, graceGiven } from '../../proof/unlock/accepted-proof.ts';
import { newUnlockState } from '../../proof/unlock/unlock-state.ts';
import { hashToken, newId, newToken } from '../../tokens.ts';

export type DeviceInput = SignInRequest['device'];

/**
 * Makes a session, in the transaction that accepted the proofs. The device is taken again when id, member and key
 * agree and it was not removed; else it is a new one, and what an earlier session of it was told and did not hear is
 * void: a "signed out" of that time would end this one. A code at sign-in is a level B proof. `graceMs` > 0: the code
 * of this sign-in stands in for the next connection's, in the device's present epoch.
 */
export async function openSession(
  tx: Tx,
  input: {
    memberId: string;
    device: DeviceInput;
    method: SessionRow['method'];
    graceMs: number;
    now: number;
    ip: string | null;
  },
): Promise<{ answer: SignInAnswer; isNewDevice: boolean }> {
  const { memberId, device, method, graceMs, now, ip } = input;
  const known = await knownDevice(tx, input);
  const { id: deviceId, epoch } = known ?? (await newDevice(tx, input));
  if (known) await voidEvents(tx, deviceId);
  await tx
    .updateTable('device')
    .set({
      name: device.name,
      platform: device.platform,
      last_seen_at: now,
      ...(method === 'password' ? {} : codeAccepted(now)),
      ...graceGiven({ epoch }, graceMs, now),
    })
    .where('id', '=', deviceId)
    .execute();
  const sessionToken = newToken();
  const expiresAt = now + SESSION_LIFE_MS;
  await tx
    .insertInto('session')
    .values({
      id: newId(now),
      member_id: memberId,
      device_id: deviceId,
      kind: 'client',
      token_hash: hashToken(sessionToken),
      method,
      created_at: now,
      last_used_at: now,
      expires_at: expiresAt,
      ended_at: null,
      ip,
      user_agent: null,
      totp_factor_id: null,
    })
    .execute();
  return {
    answer: { sessionToken, memberId, deviceId, expiresAt: new Date(expiresAt).toISOString() },
    isNewDevice: known === undefined,
  };
}

type DeviceState = { id: string; epoch: number };

async function knownDevice(
  tx: Tx,
  { memberId, device }: { memberId: string; device: DeviceInput },
): Promise<DeviceState | undefined> {
  if (device.id === undefined) return undefined;
  return tx
    .selectFrom('device')
    .select(['id', 'epoch'])
    .where('id', '=', device.id)
    .where('member_id', '=', memberId)
    .where('public_key', '=', device.publicKey)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
}

async function newDevice(
  tx: Tx,
  { memberId, device, now }: { memberId: string; device: DeviceInput; now: number },
): Promise<DeviceState> {
  const id = newId(now);
  await tx
    .insertInto('device')
    .values({
      id,
      member_id: memberId,
      name: device.name,
      platform: device.platform,
      public_key: device.publicKey,
      epoch: 0,
      last_seq: 0,
      gate_reason_json: null,
      grace_until: 0,
      grace_epoch: -1,
      last_seen_at: now,
      created_at: now,
      removed_at: null,
      ...newUnlockState,
      ...newGuardState,
    })
    .execute();
  return { id, epoch: 0 };
}
