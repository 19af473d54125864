import type {
  PanelMfaRequest,
  PanelNewPasswordRequest,
  PanelSignInRequest,
} from '../../../src-shared/panel/session.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import { trustClient } from '../../people/session/trusted-client.ts';
import { chooseOwnPassword, isStillRight, mustChoosePassword } from '../../people/sign-in/own-password.ts';
import type { PasswordCheck } from '../../people/sign-in/password-check.ts';
import {
  findPanelSignInToken,
  issueSignInToken,
  type PendingSignIn,
  type SignInProof,
  spendSignInToken,
} from '../../people/sign-in/sign-in-token.ts';
import { activeFactor, checkBackupCode, checkTotp } from '../../proof/mfa/code-check.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { type Caller, openPanelSession } from './panel-session.ts';

/** Values of the cookies of a session that began: its own, and the token of `trustClient`. */
export interface BegunSession {
  token: string;
  trustToken: string;
}

/** First step: the password. A session only for members who neither have nor need a second factor. */
export async function panelSignIn(
  ctx: ServerContext,
  checkPassword: PasswordCheck,
  { email, password }: PanelSignInRequest,
  caller: Caller,
): Promise<Result<BegunSession>> {
  const { ip, trustTokens } = caller;
  const checked = await checkPassword({ email, password, ip, giver: { trustTokens } });
  if (!checked.ok) return checked;
  const memberId = checked.value.id;
  return ctx.database.db.transaction().execute(async (tx): Promise<Result<BegunSession>> => {
    const now = ctx.now();
    if (!(await isStillRight(tx, checked.value))) return fail('invalid-credentials');
    const issue = (purpose: 'mfa' | 'setup') =>
      issueSignInToken(tx, { memberId, device: null, purpose, now });
    if (await activeFactor(tx, memberId))
      return fail('mfa-required', undefined, {
        mfaToken: await issue('mfa'),
        methods: ['totp', 'backup-code'],
      });
    if ((await readPolicy(tx)).mfaRequired.panel)
      return fail('mfa-setup-required', undefined, { setupToken: await issue('setup') });
    return enter(tx, ctx, { memberId, proof: { method: 'password', factorId: null }, caller });
  });
}

/** Second step: code or backup code for the token that the password earned; each is spent once. */
export async function panelSignInMfa(
  ctx: ServerContext,
  { mfaToken, method, code }: PanelMfaRequest,
  caller: Caller,
): Promise<Result<BegunSession>> {
  const { db } = ctx.database;
  const codeOf = (memberId: string) => ({ memberId, code, actor: `member:${memberId}`, ip: caller.ip });
  if (method === 'totp')
    return db.transaction().execute(async (tx): Promise<Result<BegunSession>> => {
      const pending = await pendingMember(tx, ctx, mfaToken, 'mfa');
      if (!pending.ok) return pending;
      const checked = await checkTotp(tx, ctx, codeOf(pending.value.memberId));
      if (!checked.ok) return checked;
      return finish(tx, ctx, pending.value, { method, factorId: checked.factorId }, caller);
    });
  const reading = db.transaction().setAccessMode('read only');
  const pending = await reading.execute((tx) => pendingMember(tx, ctx, mfaToken, 'mfa'));
  if (!pending.ok) return pending;
  const checked = await checkBackupCode(ctx, codeOf(pending.value.memberId));
  if (!checked.ok) return checked;
  return db.transaction().execute(async (tx): Promise<Result<BegunSession>> => {
    // Comparing took its time.
    const still = await pendingMember(tx, ctx, mfaToken, 'mfa');
    return still.ok ? finish(tx, ctx, still.value, { method, factorId: checked.factorId }, caller) : still;
  });
}

/** Last step, after a temporary password: one of the member's own. */
export function panelNewPassword(
  ctx: ServerContext,
  { passwordToken, newPassword }: PanelNewPasswordRequest,
  caller: Caller,
): Promise<Result<BegunSession>> {
  return chooseOwnPassword(
    ctx,
    { newPassword, ip: caller.ip },
    {
      find: (tx) => pendingMember(tx, ctx, passwordToken, 'password'),
      open: (tx, { memberId, proof }) => begin(tx, ctx, { memberId, proof, caller }),
    },
  );
}

/** The member who has earned this token. */
export async function pendingMember(
  tx: Tx,
  ctx: ServerContext,
  token: string,
  purpose: 'mfa' | 'setup' | 'password',
): Promise<Result<PendingSignIn>> {
  const found = await findPanelSignInToken(tx, { token, purpose, now: ctx.now() });
  if (!found) return fail('mfa-token-invalid');
  const member = await tx
    .selectFrom('member')
    .select('is_blocked')
    .where('id', '=', found.memberId)
    .executeTakeFirst();
  return member?.is_blocked === 0 ? ok(found) : fail('member-blocked');
}

async function finish(
  tx: Tx,
  ctx: ServerContext,
  { tokenHash, memberId }: PendingSignIn,
  proof: SignInProof,
  caller: Caller,
): Promise<Result<BegunSession>> {
  if (!(await spendSignInToken(tx, tokenHash, ctx.now()))) return fail('mfa-token-invalid');
  return enter(tx, ctx, { memberId, proof, caller });
}

interface Entry {
  memberId: string;
  proof: SignInProof;
  caller: Caller;
}

/** All is proven: a session, or first the question for a new password, where the present one is temporary. */
async function enter(tx: Tx, ctx: ServerContext, entry: Entry): Promise<Result<BegunSession>> {
  const { memberId, proof } = entry;
  if (!(await mustChoosePassword(tx, memberId))) return ok(await begin(tx, ctx, entry));
  const input = { memberId, device: null, proof, purpose: 'password', now: ctx.now() } as const;
  return fail('password-change-required', undefined, { passwordToken: await issueSignInToken(tx, input) });
}

async function begin(
  tx: Tx,
  ctx: ServerContext,
  { memberId, proof: { method, factorId }, caller }: Entry,
): Promise<BegunSession> {
  const now = ctx.now();
  const token = await openPanelSession(tx, {
    memberId,
    method,
    totpFactorId: method === 'totp' ? factorId : null,
    proofFactorId: factorId,
    caller,
    now,
  });
  const presented = caller.trustTokens;
  return { token, trustToken: await trustClient(tx, { memberId, deviceId: null, presented, now }) };
}
