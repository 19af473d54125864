import { createHash } from 'node:crypto';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import { appendRefusal } from '../../audit/refusals.ts';
import type { ServerContext } from '../../context.ts';
import type { MemberRow } from '../../db/schema.ts';
import { chargeAttempt, clearAttempts } from '../../proof/mfa/attempts.ts';
import { attemptKeys } from '../../proof/mfa/code-check.ts';
import { dummyHash, type Hasher, inHashTurn } from '../../proof/mfa/secret-hash.ts';
import { KeyedQueue } from './keyed-queue.ts';

/** E-mail addresses are compared in lower case. */
export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase();
}

export type PasswordCheck = (input: {
  email: string;
  password: string;
  ip: string | null;
  /** What the audit calls it; `sign-in.password` unless it is asked for something else. */
  action?: string;
}) => Promise<Result<MemberRow>>;

/**
 * Makes the check of e-mail and password. The same steps and the same time whether the account exists: charge,
 * argon2, audit. Make one and share it: client, panel and whatever asks for the password again count together. A blocked member hears of it only after the right password. Checks of one account wait for each
 * other, so that several right passwords at once are not taken for a guessing series.
 */
export function makePasswordCheck(ctx: ServerContext): PasswordCheck {
  const queue = new KeyedQueue();
  const { db } = ctx.database;
  return async ({ email, password, ip, action = 'sign-in.password' }) => {
    const address = normalizeEmail(email);
    const found = await db.selectFrom('member').select('id').where('email', '=', address).executeTakeFirst();
    const key = found ? attemptKeys.password(found.id) : unknownAccountKey(address);
    const check = (hasher: Hasher) => async (): Promise<Result<MemberRow>> => {
      const entry = {
        actor: found ? `member:${found.id}` : 'anonymous',
        action,
        subject: found ? `member:${found.id}` : null,
        ip,
      };
      const charged = await db.transaction().execute(async (tx) => {
        const charge = await chargeAttempt(tx, key, ctx.now());
        if (!charge.ok)
          await appendRefusal(tx, {
            ...entry,
            at: ctx.now(),
            outcome: 'refused',
            details: { refusal: 'too-many-attempts' },
          });
        const member = await tx
          .selectFrom('member')
          .selectAll()
          .where('email', '=', address)
          .executeTakeFirst();
        return { charge, member };
      });
      const { charge, member } = charged;
      if (!charge.ok) return fail('too-many-attempts', undefined, { retryAfterMs: charge.retryAfterMs });
      const isRight = await hasher.matches(
        password,
        member?.password_hash ?? (await dummyHash(hasher, ctx.config.argon2)),
      );
      return db.transaction().execute(async (tx) => {
        // Comparing took its time: a password that was changed meanwhile is void, and a block counts already.
        const present = member
          ? await tx.selectFrom('member').selectAll().where('id', '=', member.id).executeTakeFirst()
          : undefined;
        const isValid = isRight && present !== undefined && present.password_hash === member?.password_hash;
        const refusal = !isValid ? 'invalid-credentials' : present.is_blocked ? 'member-blocked' : null;
        if (isValid) await clearAttempts(tx, key);
        const at = ctx.now();
        if (refusal) await appendRefusal(tx, { ...entry, at, outcome: 'refused', details: { refusal } });
        else await appendAudit(tx, { ...entry, at, outcome: 'ok' });
        return refusal || !present ? fail(refusal ?? 'invalid-credentials') : ok(present);
      });
    };
    // The turn comes first: in a flood nothing is charged, written or kept waiting in the queue of an account.
    const caller = action === 'account.password' ? 'known' : 'stranger';
    return inHashTurn(caller, (hasher) => queue.run(key, check(hasher)));
  };
}

/** Unknown addresses are counted too, else a throttle would tell which exist; the address itself is not kept. */
function unknownAccountKey(address: string): string {
  return `unknown:${createHash('sha256').update(address).digest('base64url')}`;
}
