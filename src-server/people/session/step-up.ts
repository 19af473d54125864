import { codeMethod } from '../../../src-shared/otp-code.ts';
import { type PanelStepUpExtra, STEP_UP_SECONDS } from '../../../src-shared/panel/session.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import type { Db, Tx } from '../../db/database.ts';
import type { FactorRow } from '../../db/schema.ts';
import { activeFactor } from '../../proof/mfa/code-check.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';

/** A member in one of their Control Panel sessions. */
interface Asking {
  memberId: string;
  session: { id: string };
}

/**
 * What this member can prove a step-up with. The password counts only for who has no authenticator, and only while the
 * team requires none: it is then all that a sign-in asks for, too.
 */
export async function stepUpMethods(
  db: Db | Tx,
  memberId: string,
): Promise<Result<PanelStepUpExtra['methods']>> {
  return methodsWith(db, await activeFactor(db, memberId));
}

async function methodsWith(
  db: Db | Tx,
  factor: FactorRow | undefined,
): Promise<Result<PanelStepUpExtra['methods']>> {
  if (factor) return ok([...codeMethod.options]);
  return (await readPolicy(db)).mfaRequired.panel ? fail('mfa-setup-required') : ok(['password']);
}

/**
 * Whether the session was given a proof a moment ago, in the transaction of what needs it: `step-up-required` with what
 * to give. One with a factor that no longer counts is none, and so is a password where there is a factor by now.
 */
export async function checkStepUp(
  tx: Tx,
  { memberId, session }: Asking,
  now: number,
  { needsTeamName = false }: { needsTeamName?: boolean } = {},
): Promise<Result<void>> {
  const factor = await activeFactor(tx, memberId);
  const methods = await methodsWith(tx, factor);
  if (!methods.ok) return methods;
  const { proof_at, proof_factor_id } = await tx
    .selectFrom('session')
    .select(['proof_at', 'proof_factor_id'])
    .where('id', '=', session.id)
    .executeTakeFirstOrThrow();
  const isFresh =
    proof_at !== null && now - proof_at < STEP_UP_SECONDS * 1000 && proof_factor_id === (factor?.id ?? null);
  if (isFresh && !needsTeamName) return ok(undefined);
  const needs: PanelStepUpExtra = { methods: isFresh ? [] : methods.value, needsTeamName };
  return fail(
    'step-up-required',
    isFresh ? sentences.teamName : sentences[factor ? 'code' : 'password'],
    needs,
  );
}

const sentences = {
  code: 'Enter a code from your authenticator app to do that.',
  password: 'Enter your password to do that: your account has no authenticator app.',
  teamName: 'Type the name of your team to do that.',
};

/** The session was given a proof: a code of `factorId`, or the password of who has no factor. */
export async function recordStepUp(
  tx: Tx,
  { session }: Asking,
  { factorId, now }: { factorId: string | null; now: number },
): Promise<void> {
  await tx
    .updateTable('session')
    .set({ proof_at: now, proof_factor_id: factorId })
    .where('id', '=', session.id)
    .execute();
}
