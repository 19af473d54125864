import type * as z from 'zod';
import type { mfaRequest, SignInAnswer, SignInRequest } from '../../../src-shared/client-api.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { SessionRow } from '../../db/schema.ts';
import { isP256PublicKey } from '../../keys/device-public-key.ts';
import { enqueueMail } from '../../mail/outbox.ts';
import { activeFactor, checkBackupCode, checkTotp } from '../../proof/mfa/code-check.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { openSession } from '../session/open-session.ts';
import type { PasswordCheck } from './password-check.ts';
import { findSignInToken, issueSignInToken, type SignInToken, spendSignInToken } from './sign-in-token.ts';

export type MfaRequest = z.infer<typeof mfaRequest>;

/** First step: the password. A session only for members who neither have nor need a second factor. */
export async function signIn(
  ctx: ServerContext,
  checkPassword: PasswordCheck,
  { email, password, device }: SignInRequest,
  ip: string | null,
): Promise<Result<SignInAnswer>> {
  if (!isP256PublicKey(device.publicKey))
    return fail('invalid-request', 'device.publicKey: expected a P-256 public key (SPKI, DER, base64url)');
  const checked = await checkPassword({ email, password, ip });
  if (!checked.ok) return checked;
  const memberId = checked.value.id;
  return ctx.database.db.transaction().execute(async (tx): Promise<Result<SignInAnswer>> => {
    const now = ctx.now();
    const issue = (purpose: 'mfa' | 'setup') => issueSignInToken(tx, { memberId, device, purpose, now });
    if (await activeFactor(tx, memberId))
      return fail('mfa-required', undefined, {
        mfaToken: await issue('mfa'),
        methods: ['totp', 'backup-code'],
      });
    if ((await readPolicy(tx)).mfaRequired.client)
      return fail('mfa-setup-required', undefined, { setupToken: await issue('setup') });
    return ok(await begin(tx, ctx, { memberId, device, method: 'password', graceMs: 0, now, ip }));
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

/** Code spent, token spent and session made in one transaction: exactly one of many parallel submissions gets in. */
function withTotp(ctx: ServerContext, request: MfaRequest, ip: string | null): Promise<Result<SignInAnswer>> {
  return ctx.database.db.transaction().execute(async (tx) => {
    const token = await pendingSignIn(tx, ctx, request.mfaToken);
    if (!token.ok) return token;
    const { memberId } = token.value;
    const checked = await checkTotp(tx, ctx, {
      memberId,
      code: request.code,
      actor: `member:${memberId}`,
      ip,
    });
    if (!checked.ok) return checked;
    return finish(tx, ctx, token.value, 'totp', ip);
  });
}

async function withBackupCode(
  ctx: ServerContext,
  request: MfaRequest,
  ip: string | null,
): Promise<Result<SignInAnswer>> {
  const { db } = ctx.database;
  const token = await db.transaction().execute((tx) => pendingSignIn(tx, ctx, request.mfaToken));
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
    const stillPending = await pendingSignIn(tx, ctx, request.mfaToken);
    return stillPending.ok ? finish(tx, ctx, stillPending.value, 'backup-code', ip) : stillPending;
  });
}

async function pendingSignIn(tx: Tx, ctx: ServerContext, mfaToken: string): Promise<Result<SignInToken>> {
  const token = await findSignInToken(tx, { token: mfaToken, purpose: 'mfa', now: ctx.now() });
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
  method: 'totp' | 'backup-code',
  ip: string | null,
): Promise<Result<SignInAnswer>> {
  const now = ctx.now();
  if (!(await spendSignInToken(tx, tokenHash, now))) return fail('mfa-token-invalid');
  const { signInGraceSeconds } = await readPolicy(tx);
  const graceMs = method === 'totp' ? signInGraceSeconds * 1000 : 0;
  return ok(await begin(tx, ctx, { memberId, device, method, graceMs, now, ip }));
}

async function begin(
  tx: Tx,
  ctx: ServerContext,
  input: {
    memberId: string;
    device: SignInRequest['device'];
    method: SessionRow['method'];
    graceMs: number;
    now: number;
    ip: string | null;
  },
): Promise<SignInAnswer> {
  const { answer, isNewDevice } = await openSession(tx, input);
  await appendAudit(tx, {
    at: input.now,
    actor: `member:${input.memberId}`,
    action: 'session.begin',
    subject: `device:${answer.deviceId}`,
    outcome: 'ok',
    ip: input.ip,
    details: { method: input.method },
  });
  if (isNewDevice)
    await enqueueMail(tx, ctx, input.memberId, {
      kind: 'new-device',
      at: new Date(input.now).toISOString(),
      ip: input.ip,
      deviceName: input.device.name,
      platform: input.device.platform,
    });
  return answer;
}
