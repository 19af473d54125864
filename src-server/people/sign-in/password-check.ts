import { createHash } from 'node:crypto';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { foldEmail } from '../../../src-shared/typed-email.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import { appendRefusal } from '../../audit/refusals.ts';
import type { ServerContext } from '../../context.ts';
import type { MemberRow } from '../../db/schema.ts';
import { chargeAttempt, clearAttempts } from '../../proof/mfa/attempts.ts';
import { attemptKeys } from '../../proof/mfa/code-check.ts';
import { costOf, costText, type Hasher, inHashTurn } from '../../proof/mfa/secret-hash.ts';
import { passwordForms, preparedPassword } from '../password/password-text.ts';
import { StoredCosts } from '../password/stored-costs.ts';
import { trustedClients } from '../session/trusted-client.ts';
import { KeyedQueue } from './keyed-queue.ts';

/**
 * Who gives the password: each has failures of its own. A sign-in with the tokens of `trustClient` that it came with;
 * strangers to the account share one budget. Within a session, and with the link of a reset, it is that one's.
 */
export type PasswordGiver = { trustTokens: readonly string[] } | { sessionId: string } | { resetId: string };

export type PasswordCheck = (input: {
  email: string;
  password: string;
  ip: string | null;
  giver: PasswordGiver;
  /** What the audit calls it; `sign-in.password` unless it is asked for something else. */
  action?: string;
}) => Promise<Result<MemberRow>>;

/**
 * Makes the check of e-mail and password. The same steps and the same time whether the account exists: charge,
 * argon2, audit. Make one and share it: client, panel and whatever asks for the password again count together. A
 * blocked member, and one whose temporary password has expired, hears of it only after the right password. Checks of
 * one account wait for each other, so that several right passwords at once are not taken for a guessing series. A right
 * password is hashed anew where the configuration has other costs than its hash.
 */
export function makePasswordCheck(ctx: ServerContext): PasswordCheck {
  const queue = new KeyedQueue();
  const costs = new StoredCosts(ctx);
  const { db } = ctx.database;
  return async ({ email, password, ip, giver, action = 'sign-in.password' }) => {
    const address = foldEmail(email);
    const found = await db.selectFrom('member').select('id').where('email', '=', address).executeTakeFirst();
    const account = found ? attemptKeys.password(found.id) : unknownAccountKey(address);
    const own = await ownBudget(ctx, giver, found?.id);
    const key = own ?? account;
    const dummyHash = await costs.dummyHash(address);
    const check = (hasher: Hasher) => async (): Promise<Result<MemberRow>> => {
      const entry = {
        actor: found ? `member:${found.id}` : 'anonymous',
        action,
        subject: found ? `member:${found.id}` : null,
        ip,
      };
      const { charge, member } = await db.transaction().execute(async (tx) => {
        const at = ctx.now();
        const charged = await chargeAttempt(tx, key, at);
        if (!charged.ok)
          await appendRefusal(tx, {
            ...entry,
            at,
            outcome: 'refused',
            details: { refusal: 'too-many-attempts' },
          });
        const row = await tx.selectFrom('member').selectAll().where('email', '=', address).executeTakeFirst();
        return { charge: charged, member: row };
      });
      if (!charge.ok) return fail('too-many-attempts', undefined, { retryAfterMs: charge.retryAfterMs });
      const right = await matchingForm(hasher, password, member?.password_hash ?? dummyHash);
      const renewed =
        right !== null && member ? await renewedHash(ctx, hasher, { password, right, member }) : null;
      return db.transaction().execute(async (tx) => {
        // Comparing took its time: a password that was changed meanwhile is void, and a block counts already.
        const present = member
          ? await tx.selectFrom('member').selectAll().where('id', '=', member.id).executeTakeFirst()
          : undefined;
        const isValid =
          right !== null && present !== undefined && present.password_version === member?.password_version;
        const at = ctx.now();
        const refusal = isValid ? refusalOf(present, at) : 'invalid-credentials';
        if (isValid) await clearAttempts(tx, key);
        if (isValid && renewed !== null)
          await tx
            .updateTable('member')
            .set({ password_hash: renewed })
            .where('id', '=', present.id)
            .execute();
        if (refusal) await appendRefusal(tx, { ...entry, at, outcome: 'refused', details: { refusal } });
        else await appendAudit(tx, { ...entry, at, outcome: 'ok' });
        return refusal || !present ? fail(refusal ?? 'invalid-credentials') : ok(present);
      });
    };
    // The turn comes first: in a flood nothing is charged, written or kept waiting in the queue of an account.
    return inHashTurn(own === null ? 'stranger' : 'known', (hasher) => queue.run(account, check(hasher)));
  };
}

/** Where the failures of whoever is no stranger to the account are counted; null for strangers. */
async function ownBudget(
  { database, now }: ServerContext,
  giver: PasswordGiver,
  memberId: string | undefined,
): Promise<string | null> {
  if ('sessionId' in giver) return `session:${giver.sessionId}:password`;
  if ('resetId' in giver) return `mfa-reset:${giver.resetId}:password`;
  const known = await trustedClients(database.db, giver.trustTokens, now());
  const client = known.find(({ member_id }) => member_id === memberId);
  return client ? `trusted:${client.id}:password` : null;
}

function refusalOf(
  { is_blocked, password_expires_at: expiresAt }: MemberRow,
  now: number,
): 'member-blocked' | 'temporary-password-expired' | null {
  if (is_blocked === 1) return 'member-blocked';
  return expiresAt !== null && expiresAt <= now ? 'temporary-password-expired' : null;
}

/** The form of the password that the hash is of. Each is compared, whichever it is. */
async function matchingForm(hasher: Hasher, password: string, hashed: string): Promise<string | null> {
  let matching: string | null = null;
  for (const form of passwordForms(password)) if (await hasher.matches(form, hashed)) matching ??= form;
  return matching;
}

/** A hash with the costs and in the form of today; null where the stored one has both. */
async function renewedHash(
  { config }: ServerContext,
  hasher: Hasher,
  { password, right, member }: { password: string; right: string; member: MemberRow },
): Promise<string | null> {
  const prepared = preparedPassword(password);
  const isOfToday = right === prepared && costOf(member.password_hash) === costText(config.argon2);
  return isOfToday ? null : hasher.hash(prepared, config.argon2);
}

/** Unknown addresses are counted too, else a throttle would tell which exist; the address itself is not kept. */
function unknownAccountKey(address: string): string {
  return `unknown:${createHash('sha256').update(address).digest('base64url')}`;
}
