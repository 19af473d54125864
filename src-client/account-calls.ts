import { totpCode } from '../src-shared/otp-code.ts';
import { fail, ok, type Result } from '../src-shared/problem.ts';
import type { OpenProfile } from './open-profile.ts';
import { malformed, type SignInOutcome } from './session/sign-in.ts';
import type { MfaEnrolment, SignInInput, SignInStep } from './session/sign-in-steps.ts';
import type { Snapshot } from './snapshot/snapshot.ts';

/** What the client core does for `signIn` and what belongs to it; documented at `ClientCore`. */

export async function signIn(
  profile: OpenProfile,
  input: SignInInput,
  account: Snapshot['account'],
): Promise<Result<SignInStep>> {
  if (account) return fail('wrong-state', `You are signed in as ${account.email}. Sign out first.`);
  await profile.session.forgotten();
  return signedIn(profile, await profile.signIn.begin(input));
}

export async function signInMfa(
  profile: OpenProfile,
  mfaToken: string,
  method: 'totp' | 'backup-code',
  code: string,
): Promise<Result<SignInStep>> {
  return signedIn(profile, await profile.signIn.mfa(mfaToken, method, code));
}

export async function signInNewPassword(
  profile: OpenProfile,
  passwordToken: string,
  newPassword: string,
): Promise<Result<SignInStep>> {
  return signedIn(profile, await profile.signIn.newPassword(passwordToken, newPassword));
}

export async function setUpMfa(
  { session, signIn }: OpenProfile,
  setupToken: string | null,
): Promise<Result<MfaEnrolment>> {
  if (setupToken !== null) return signIn.setUpMfa(setupToken);
  return session.link ? session.link.rest.mfaSetup(null, session.link.token) : fail('signed-out');
}

export async function confirmMfa(
  { session, signIn }: OpenProfile,
  setupToken: string | null,
  factorId: string,
  code: string,
): Promise<Result<{ backupCodes: string[] }>> {
  if (setupToken !== null) return signIn.confirmMfa(setupToken, factorId, code);
  const parsed = totpCode.safeParse(code);
  if (!parsed.success) return fail('invalid-code', malformed('totp'));
  if (!session.link) return fail('signed-out');
  return session.link.rest.mfaConfirm({ factorId, code: parsed.data }, session.link.token);
}

export async function signOut({ session, settings }: OpenProfile): Promise<Result<void>> {
  const answer = await session.signOut();
  await settings.flush();
  return answer;
}

function signedIn({ session }: OpenProfile, outcome: Result<SignInOutcome>): Result<SignInStep> {
  if (!outcome.ok) return outcome;
  if ('step' in outcome.value) return ok(outcome.value.step);
  const established = session.establish(outcome.value.session);
  return established.ok ? ok({ step: 'done' }) : established;
}
