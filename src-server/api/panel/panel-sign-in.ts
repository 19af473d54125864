import type { PanelMfaRequest, PanelSignInRequest } from '../../../src-shared/panel/session.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { PasswordCheck } from '../../people/sign-in/password-check.ts';
import {
  findPanelSignInToken,
  issueSignInToken,
  spendSignInToken,
} from '../../people/sign-in/sign-in-token.ts';
import { activeFactor, checkBackupCode, checkTotp } from '../../proof/mfa/code-check.ts';
import {
  activateFactor,
  checkFirstCode,
  prepareBackupCodes,
  setUpFactor,
} from '../../proof/mfa/enrolment.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { type Caller, openPanelSession } from './panel-session.ts';

/** First step: the password. Answers a session's token only for members who neither have nor need a second factor. */
export async function panelSignIn(
  ctx: ServerContext,
  checkPassword: PasswordCheck,
  { email, password }: PanelSignInRequest,
  caller: Caller,
): Promise<Result<string>> {
  const checked = await checkPassword({ email, password, ip: caller.ip });
  if (!checked.ok) return checked;
  const memberId = checked.value.id;
  return ctx.database.db.transaction().execute(async (tx): Promise<Result<string>> => {
    const now = ctx.now();
    const issue = (purpose: 'mfa' | 'setup') =>
      issueSignInToken(tx, { memberId, device: null, purpose, now });
    if (await activeFactor(tx, memberId))
      return fail('mfa-required', undefined, {
        mfaToken: await issue('mfa'),
        methods: ['totp', 'backup-code'],
      });
    if ((await readPolicy(tx)).mfaRequired.panel)
      return fail('mfa-setup-required', undefined, { setupToken: await issue('setup') });
    const proof = { method: 'password', totpFactorId: null, proofFactorId: null } as const;
    return ok(await openPanelSession(tx, { memberId, ...proof, caller, now }));
  });
}

/** Second step: code or backup code for the token that the password earned; each is spent once. */
export async function panelSignInMfa(
  ctx: ServerContext,
  { mfaToken, method, code }: PanelMfaRequest,
  caller: Caller,
): Promise<Result<string>> {
  const { db } = ctx.database;
  const codeOf = (memberId: string) => ({ memberId, code, actor: `member:${memberId}`, ip: caller.ip });
  if (method === 'totp')
    return db.transaction().execute(async (tx): Promise<Result<string>> => {
      const pending = await pendingMember(tx, ctx, mfaToken, 'mfa');
      if (!pending.ok) return pending;
      const checked = await checkTotp(tx, ctx, codeOf(pending.value.memberId));
      if (!checked.ok) return checked;
      const { factorId } = checked;
      return finish(
        tx,
        ctx,
        pending.value,
        { method, totpFactorId: factorId, proofFactorId: factorId },
        caller,
      );
    });
  const pending = await db.transaction().execute((tx) => pendingMember(tx, ctx, mfaToken, 'mfa'));
  if (!pending.ok) return pending;
  const checked = await checkBackupCode(ctx, codeOf(pending.value.memberId));
  if (!checked.ok) return checked;
  return db.transaction().execute(async (tx): Promise<Result<string>> => {
    // Comparing took its time.
    const still = await pendingMember(tx, ctx, mfaToken, 'mfa');
    const proof = { method, totpFactorId: null, proofFactorId: checked.factorId };
    return still.ok ? finish(tx, ctx, still.value, proof, caller) : still;
  });
}

interface Pending {
  tokenHash: string;
  memberId: string;
}

/** The member whose password earned this token. */
export async function pendingMember(
  tx: Tx,
  ctx: ServerContext,
  token: string,
  purpose: 'mfa' | 'setup',
): Promise<Result<Pending>> {
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
  { tokenHash, memberId }: Pending,
  proof: { method: 'totp' | 'backup-code'; totpFactorId: string | null; proofFactorId: string },
  caller: Caller,
): Promise<Result<string>> {
  const now = ctx.now();
  if (!(await spendSignInToken(tx, tokenHash, now))) return fail('mfa-token-invalid');
  return ok(await openPanelSession(tx, { memberId, ...proof, caller, now }));
}

/** Begins the set-up that the team's policy asks for. */
export function beginRequiredSetup(ctx: ServerContext, setupToken: string) {
  return ctx.database.db.transaction().execute(async (tx) => {
    const pending = await pendingMember(tx, ctx, setupToken, 'setup');
    return pending.ok ? setUpFactor(tx, ctx, pending.value.memberId) : pending;
  });
}

/** Finishes it with the first code. The sign-in begins anew then, with the new factor. */
export async function confirmRequiredSetup(
  ctx: ServerContext,
  { setupToken, factorId, code }: { setupToken: string; factorId: string; code: string },
  { ip }: Caller,
): Promise<Result<{ backupCodes: string[] }>> {
  const { db } = ctx.database;
  const first = await db.transaction().execute(async (tx): Promise<Result<Pending & { step: number }>> => {
    const pending = await pendingMember(tx, ctx, setupToken, 'setup');
    if (!pending.ok) return pending;
    const step = await checkFirstCode(tx, ctx, { memberId: pending.value.memberId, factorId, code, ip });
    return step.ok ? ok({ ...pending.value, step: step.value }) : step;
  });
  if (!first.ok) return first;
  const { memberId, tokenHash, step } = first.value;
  const { codes, hashes } = await prepareBackupCodes(ctx);
  return db.transaction().execute(async (tx): Promise<Result<{ backupCodes: string[] }>> => {
    const still = await pendingMember(tx, ctx, setupToken, 'setup');
    if (!still.ok) return still;
    if (!(await spendSignInToken(tx, tokenHash, ctx.now()))) return fail('mfa-token-invalid');
    const activated = await activateFactor(tx, ctx, {
      memberId,
      factorId,
      step,
      backupCodeHashes: hashes,
      how: 'first',
      sessionId: null,
      actor: `member:${memberId}`,
      ip,
    });
    return activated.ok ? ok({ backupCodes: codes }) : activated;
  });
}
