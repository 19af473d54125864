import type { AccountAnswer, Permission } from '../../../src-shared/panel/account.ts';
import type { FactorRow, SessionRow } from '../../db/schema.ts';
import { isFreshSignIn } from '../../proof/mfa/pending-factor.ts';

type May = AccountAnswer['may'];

const allowed = (needsPassword: boolean): Permission => ({ isAllowed: true, why: null, needsPassword });
const refused = (why: string): Permission => ({ isAllowed: false, why, needsPassword: false });

const noFactor = refused('MFA is off: there is nothing to change. Set up an authenticator first.');
const disabled = refused(
  'Your authenticator is disabled after too many wrong codes. Ask your administrator to enable it or to reset it.',
);

/**
 * What a member may do with the second factor, by how the session was made. A backup code proves the person, not the
 * authenticator: who has lost it may turn MFA off or set up a new one with the password, but makes no further codes.
 */
export function mfaPermissions(input: {
  factor: Pick<FactorRow, 'id' | 'is_disabled'> | undefined;
  session: Pick<SessionRow, 'created_at' | 'totp_factor_id'>;
  isMfaRequired: boolean;
  /** As `lastEndOfAccess` has it. */
  lastEnd: number;
  now: number;
}): May {
  const { factor, session, isMfaRequired, lastEnd, now } = input;
  if (!factor)
    return {
      regenerateBackupCodes: noFactor,
      turnOffMfa: noFactor,
      replaceFactor: allowed(!isFreshSignIn({ createdAt: session.created_at, lastEnd, now })),
    };
  if (factor.is_disabled === 1)
    return { regenerateBackupCodes: disabled, turnOffMfa: disabled, replaceFactor: disabled };
  return {
    regenerateBackupCodes:
      session.totp_factor_id === factor.id
        ? allowed(false)
        : refused(
            'You signed in with a backup code. Sign in with a code from your authenticator, or set up a new one, to make new backup codes.',
          ),
    turnOffMfa: isMfaRequired ? refused('Your team requires MFA for the Control Panel.') : allowed(true),
    replaceFactor: allowed(true),
  };
}
