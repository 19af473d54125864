import type * as z from 'zod';
import type {
  mfaRequest,
  newPasswordRequest,
  SignInAnswer,
  SignInRequest,
} from '../../../src-shared/client-api.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import { isP256PublicKey } from '../../keys/device-public-key.ts';
import { enqueueMail } from '../../mail/outbox.ts';
import { activeFactor, checkBackupCode, checkTotp } from '../../proof/mfa/code-check.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { openSession } from '../session/open-session.ts';
import { trustClient } from '../session/trusted-client.ts';
import { chooseOwnPassword, isStillRight, mustChoosePassword } from './own-password.ts';
import type { PasswordCheck } from './password-check.ts';
import {
  findSignInToken,
  issueSignInToken,
  type SignInProof,
  type SignInToken,
  spendSignInToken,
} from './sign-in-token.ts';

export type MfaRequest = z.infer<typeof mfaRequest>;

/** First step: the password. A session only for members who neither have nor need a second factor. */
export async function signIn(
  ctx: ServerContext,
  checkPassword: PasswordCheck,
  { email, password, device, trustToken }: SignInRequest,
  ip: string | null,
): Promise<Result<SignInAnswer>> {
  if (!isP256PublicKey(device.publicKey))
    return fail('invalid-request', 'device.publicKey: expected a P-256 public key (SPKI, DER, base64url)');
  const trustTokens = trustToken === undefined ? [] : [trustToken];
  const checked = await checkPassword({ email, password, ip, giver: { trustTokens } });
  if (!checked.ok) return checked;
  const memberId = checked.value.id;
  return ctx.database.db.transaction().execute(async (tx): Promise<Result<SignInAnswer>> => {
    const now = ctx.now();
    if (!(await isStillRight(tx, checked.value))) return fail('invalid-credentials');
    const issue = (purpose: 'mfa' | 'setup') => issueSignInToken(tx, { memberId, device, purpose, now });
    if (await activeFactor(tx, memberId))
      return fail('mfa-required', undefined, {
        mfaToken: await issue('mfa'),
        methods: ['totp', 'backup-code'],
      });
    if ((await readPolicy(tx)).mfaRequired.client)
      return fail('mfa-setup-required', undefined, { setupToken: await issue('setup') });
    return enter(tx, ctx, { memberId, device, proof: { method: 'password', factorId: null }, ip });
  });
}

/** Second step: code or backup code for the token that the password earned. */
export function signInMfa(
  ctx: ServerContext,
  request: MfaRequest,
  ip: string | null,
): Promise<Result<SignInAnswer>> {
  return request.method === 'totp' ? withTotp(ctx, request, ip) : withBackupCode(ctx, request, ip);
}

/** Last step, after a temporary password: one of the member's own. */
export function signInNewPassword(
  ctx: ServerContext,
  { passwordToken, newPassword }: z.infer<typeof newPasswordRequest>,
  ip: string | null,
): Promise<Result<SignInAnswer>> {
  return chooseOwnPassword(
    ctx,
    { newPassword, ip },
    {
      find: (tx) => pendingSignIn(tx, ctx, passwordToken, 'password'),
      open: (tx, { memberId, device, proof }) => begin(tx, ctx, { memberId, device, proof, ip }),
    },
  );
}

/** Code spent, token spent and session made in one transaction: exactly one of many parallel submissions gets in. */
function withTotp(ctx: ServerContext, request: MfaRequest, ip: string | null): Promise<Result<SignInAnswer>> {
  return ctx.database.db.transaction().execute(async (tx) => {
    const token = await pendingSignIn(tx, ctx, request.mfaToken, 'mfa');
    if (!token.ok) return token;
    const { memberId } = token.value;
    const checked = await checkTotp(tx, ctx, {
      memberId,
      code: request.code,
      actor: `member:${memberId}`,
      ip,
    });
    if (!checked.ok) return checked;
    return finish(tx, ctx, token.value, { method: 'totp', factorId: checked.factorId }, ip);
  });
}

async function withBackupCode(
  ctx: ServerContext,
  request: MfaRequest,
  ip: string | null,
): Promise<Result<SignInAnswer>> {
  const { db } = ctx.database;
  const reading = db.transaction().setAccessMode('read only');
  const token = await reading.execute((tx) => pendingSignIn(tx, ctx, request.mfaToken, 'mfa'));
  if (!token.ok) return token;
  const { memberId } = token.value;
  const checked = await checkBackupCode(ctx, {
    memberId,
    code: request.code,
    actor: `member:${memberId}`,
    ip,
  });
  if (!checked.ok) return checked;
  return db.transaction().execute(async (tx) => {
    const still = await pendingSignIn(tx, ctx, request.mfaToken, 'mfa');
    const proof = { method: 'backup-code', factorId: checked.factorId } as const;
    return still.ok ? finish(tx, ctx, still.value, proof, ip) : still;
  });
}

async function pendingSignIn(
  tx: Tx,
  ctx: ServerContext,
  given: string,
  purpose: 'mfa' | 'password',
): Promise<Result<SignInToken>> {
  const token = await findSignInToken(tx, { token: given, purpose, now: ctx.now() });
  if (!token) return fail('mfa-token-invalid');
  const { is_blocked } = await tx
    .selectFrom('member')
    .select('is_blocked')
    .where('id', '=', token.memberId)
    .executeTakeFirstOrThrow();
  return is_blocked === 1 ? fail('member-blocked') : ok(token);
}

async function finish(
  tx: Tx,
  ctx: ServerContext,
  { tokenHash, memberId, device }: SignInToken,
  proof: SignInProof,
  ip: string | null,
): Promise<Result<SignInAnswer>> {
  if (!(await spendSignInToken(tx, tokenHash, ctx.now()))) return fail('mfa-token-invalid');
  return enter(tx, ctx, { memberId, device, proof, ip });
}

interface Entry {
  memberId: string;
  device: SignInRequest['device'];
  proof: SignInProof;
  ip: string | null;
}

/** All is proven: a session, or first the question for a new password, where the present one is temporary. */
async function enter(tx: Tx, ctx: ServerContext, entry: Entry): Promise<Result<SignInAnswer>> {
  if (!(await mustChoosePassword(tx, entry.memberId))) return ok(await begin(tx, ctx, entry));
  const { memberId, device, proof } = entry;
  const input = { memberId, device, proof, purpose: 'password', now: ctx.now() } as const;
  return fail('password-change-required', undefined, { passwordToken: await issueSignInToken(tx, input) });
}

/** A code of the authenticator stands in for the first connection's, too; a backup code does not. */
async function begin(
  tx: Tx,
  ctx: ServerContext,
  { memberId, device, proof: { method }, ip }: Entry,
): Promise<SignInAnswer> {
  const now = ctx.now();
  const { signInGraceSeconds } = await readPolicy(tx);
  const graceMs = method === 'totp' ? signInGraceSeconds * 1000 : 0;
  const { answer, isNewDevice } = await openSession(tx, { memberId, device, method, graceMs, now, ip });
  const { deviceId } = answer;
  await appendAudit(tx, {
    at: now,
    actor: `member:${memberId}`,
    action: 'session.begin',
    subject: `device:${deviceId}`,
    outcome: 'ok',
    ip,
    details: { method },
  });
  if (isNewDevice)
    await enqueueMail(tx, ctx, memberId, {
      kind: 'new-device',
      at: new Date(now).toISOString(),
      ip,
      deviceName: device.name,
      platform: device.platform,
    });
  return { ...answer, trustToken: await trustClient(tx, { memberId, deviceId, presented: [], now }) };
}
