import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { foldEmail } from '../../../src-shared/typed-email.ts';
import { nameMistake, personName } from '../../../src-shared/typed-name.ts';
import type { RecordedEnd } from '../../access/enforcement/record-end.ts';
import { type GuardSource, storeReleases } from '../../access/guard/guard.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { MemberRow } from '../../db/schema.ts';
import { enqueueMail } from '../../mail/outbox.ts';
import { removeUnlock } from '../../proof/unlock/removal.ts';
import { emailMistake, endSessions } from './member-store.ts';

/** As in `AuditEntry`. */
export interface By {
  actor: string;
  ip: string | null;
  now: number;
}

export interface MemberChange {
  name?: string | undefined;
  email?: string | undefined;
  role?: MemberRow['role'] | undefined;
}

/**
 * Changes what is given. Who may do so, and the last owner, are the caller's to ask before. The member is told of another
 * address, at both, and of another role.
 */
export async function editMember(
  tx: Tx,
  ctx: ServerContext,
  member: MemberRow,
  change: MemberChange,
  { actor, ip, now }: By,
): Promise<Result<void>> {
  const email = change.email === undefined ? member.email : foldEmail(change.email);
  const mistake = emailMistake(email);
  if (mistake) return fail('invalid-request', mistake);
  const wrong = change.name === undefined ? null : nameMistake(change.name);
  if (wrong !== null) return fail('invalid-request', wrong);
  const name = change.name === undefined ? member.name : personName.parse(change.name);
  const next = { name, email, role: change.role ?? member.role };
  const changed = Object.fromEntries(
    (['name', 'email', 'role'] as const).flatMap((key) =>
      next[key] === member[key] ? [] : [[key, { from: member[key], to: next[key] }]],
    ),
  );
  if (Object.keys(changed).length === 0) return ok(undefined);
  if (email !== member.email) {
    const same = await tx.selectFrom('member').select('id').where('email', '=', email).executeTakeFirst();
    if (same) return fail('email-taken');
  }
  await tx.updateTable('member').set(next).where('id', '=', member.id).execute();
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'member.edit',
    subject: `member:${member.id}`,
    outcome: 'ok',
    ip,
    details: changed,
  });
  // A link lies in the mailbox of the old address.
  if (email !== member.email) await withdrawResets(tx, member.id, now);
  const at = new Date(now).toISOString();
  const told = { kind: 'email-changed', at, from: member.email, to: email } as const;
  if (email !== member.email)
    for (const recipient of [member.email, email])
      await enqueueMail(tx, ctx, member.id, { ...told, recipient });
  if (next.role !== member.role)
    await enqueueMail(tx, ctx, member.id, { kind: 'role-changed', at, from: member.role, to: next.role });
  return ok(undefined);
}

/**
 * Removes a member for good: blocked, signed out, disconnected, without factor, devices or e-mail address, in one
 * transaction. The devices are told to hold nothing back any more. The row stays for the names in logs, and because gateways may still have to confirm.
 */
export async function removeMember(
  tx: Tx,
  member: MemberRow,
  by: By,
  guards: GuardSource,
): Promise<RecordedEnd> {
  const { actor, ip, now } = by;
  const memberId = member.id;
  await tx
    .updateTable('member')
    .set({
      is_blocked: 1,
      removed_at: now,
      former_email: member.email,
      // No address that anybody can sign in with.
      email: `removed:${memberId}`,
    })
    .where('id', '=', memberId)
    .execute();
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'member.remove',
    subject: `member:${memberId}`,
    outcome: 'ok',
    ip,
    details: { email: member.email, name: member.name, role: member.role },
  });
  const releases = await storeReleases(tx, guards, { memberId }, now);
  const recorded = await endSessions(tx, {
    memberId,
    actor,
    ip,
    now,
    code: 'member-blocked',
    message: 'Your administrator has removed this account.',
  });
  await tx.deleteFrom('factor').where('member_id', '=', memberId).execute();
  await withdrawResets(tx, memberId, now);
  const devices = await tx
    .selectFrom('device')
    .select('id')
    .where('member_id', '=', memberId)
    .where('removed_at', 'is', null)
    .execute();
  for (const { id: deviceId } of devices)
    await removeUnlock(tx, { deviceId, methods: ['pin', 'uv-hw', 'uv-soft'], actor, ip, now });
  await tx
    .updateTable('device')
    .set({ removed_at: now })
    .where('member_id', '=', memberId)
    .where('removed_at', 'is', null)
    .execute();
  return { ...recorded, frames: [...releases, ...recorded.frames] };
}

/** Links on their way that would set up another authenticator open nothing any more. */
async function withdrawResets(tx: Tx, memberId: string, now: number): Promise<void> {
  await tx
    .updateTable('mfa_reset')
    .set({ withdrawn_at: now })
    .where('member_id', '=', memberId)
    .where('used_at', 'is', null)
    .where('withdrawn_at', 'is', null)
    .execute();
}
