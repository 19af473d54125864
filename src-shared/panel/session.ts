import * as z from 'zod';
import { reasonSchema } from '../challenge.ts';
import { memberRole } from '../member-role.ts';
import { backupCode, codeMethod, totpCode } from '../otp-code.ts';
import { LONGEST_PASSWORD } from '../password-rules.ts';
import { id, isoTime } from '../primitives.ts';

/**
 * The Control Panel's own API, `/panel/v1`. Requests are strict, answers loose, errors `application/problem+json`.
 *
 * The session is the cookie `__Host-postern-panel` (HttpOnly, never read by the page). Every request that is not a GET
 * and that carries a session needs the header `x-csrf-token` with the `csrfToken` of `GET session`; without it 403
 * `csrf-token-invalid` (reload `GET session`, try once more). No session, or an ended one: 401 `session-invalid`,
 * with `panelSignedOutExtra` where somebody else ended it: a disconnect of the member does. A role that is too low: 403 `insufficient-role`.
 *
 * | route | request | answers |
 * |---|---|---|
 * | POST sign-in | `panelSignInRequest` | 200 `panelSession`, sets the cookie · 401 `invalid-credentials` · 401 `mfa-required` + `panelMfaRequiredExtra` · 403 `mfa-setup-required` + `panelSetupRequiredExtra` · 403 `member-blocked` · 429 `too-many-attempts` |
 * | POST sign-in/mfa | `panelMfaRequest` | 200 `panelSession`, sets the cookie · 401 `invalid-code` `{attemptsLeft, drift?: "ahead"\|"behind"}` · 401 `code-already-used` `{nextCodeInMs}` · 401 `mfa-token-invalid` · 403 `factor-disabled` · 429 |
 * | POST sign-in/password | `panelNewPasswordRequest` | 200 `panelSession`, sets the cookie · 400 `password-too-weak` + `passwordTooWeakExtra` · 401 `mfa-token-invalid` |
 * | POST mfa/setup | `panelSetupRequest` | 200 `newFactorAnswer` · 401 `mfa-token-invalid` · 409 `factor-exists` |
 * | POST mfa/confirm | `panelConfirmRequest` | 200 `backupCodesAnswer` (then sign in again) · 401 `invalid-code` · 401 `mfa-token-invalid` · 404 `not-found` · 429 |
 * | GET session | – | 200 `panelSession` · 401 `session-invalid` |
 * | POST sign-out | `{}` | 204, clears the cookie |
 * | POST session/step-up | `panelStepUpRequest` | 204 · 401 `invalid-code` `{attemptsLeft, drift?}` · 401 `code-already-used` `{nextCodeInMs}` · 403 `wrong-password`, `factor-disabled`, `mfa-setup-required` · 409 `wrong-state` (the password, where there is an authenticator) · 429 |
 *
 * A right sign-in with a temporary password makes no session: `sign-in` and `sign-in/mfa` answer 403
 * `password-change-required` + `panelPasswordChangeExtra`, and `sign-in/password` has to follow. One that has expired:
 * 403 `temporary-password-expired`. Each session also sets the cookie `__Host-postern-trusted`: wrong passwords of
 * strangers do not keep a browser waiting from which the account was signed in to before.
 *
 * What makes the team's protection weaker or gives somebody more rights needs a proof that this session was given at most
 * `STEP_UP_SECONDS` ago, a sign-in with a code included: without one 401 `step-up-required` + `panelStepUpExtra`, and
 * nothing has happened. Give it with `session/step-up`, then send the same request again. Who has no authenticator gives
 * the password; where the team requires one, it has to be set up first (403 `mfa-setup-required`).
 * Asked for by: PUT policy that loosens a rule (`loosenedRules`) · POST members of administrators and owners, PUT
 * members/{id} to a higher role or another address · POST members/{id}/temporary-password · POST members/{id}/mfa-reset
 * · POST gateways · POST gateways/{id}/token · POST api-tokens · POST api-tokens/{id}/confirm · whatever keeps API tokens beyond their maker (`isKept`,
 * `keepApiTokens`).
 */
export const PANEL_API = '/panel/v1';
export const CSRF_HEADER = 'x-csrf-token';

/** A session ends this long after sign-in, whatever happens, … */
export const PANEL_SESSION_SECONDS = 12 * 3600;
/** … and this long after its last request. A page that asks by itself sends `x-background: 1`, which counts as none. */
export const PANEL_IDLE_SECONDS = 30 * 60;
export const BACKGROUND_HEADER = 'x-background';

/** How long a proof counts, within its session, for what needs one of its own. */
export const STEP_UP_SECONDS = 5 * 60;

/** Extra members of `session-invalid`: who ended the session and why. */
export const panelSignedOutExtra = z.object({ reason: reasonSchema });

const token = z.string().min(1).max(256);
export const passwordText = z.string().min(1).max(LONGEST_PASSWORD);
export const emailText = z.string().min(3).max(254);

/** How a session was made: the strongest proof it began with. */
export const sessionMethod = z.enum(['password', 'totp', 'backup-code']);
export type SessionMethod = z.infer<typeof sessionMethod>;

export const panelSignInRequest = z.strictObject({ email: emailText, password: passwordText });
export type PanelSignInRequest = z.infer<typeof panelSignInRequest>;

/** Extra members of `mfa-required`: five minutes to answer. */
export const panelMfaRequiredExtra = z.object({
  mfaToken: token,
  methods: z.array(codeMethod),
});
/** Extra members of `mfa-setup-required`: fifteen minutes to set up. */
export const panelSetupRequiredExtra = z.object({ setupToken: token });

/** Extra members of `password-change-required`: fifteen minutes to choose one. */
export const panelPasswordChangeExtra = z.object({ passwordToken: token });
export const panelNewPasswordRequest = z.strictObject({ passwordToken: token, newPassword: passwordText });
export type PanelNewPasswordRequest = z.infer<typeof panelNewPasswordRequest>;

export const panelMfaRequest = z.discriminatedUnion('method', [
  z.strictObject({ mfaToken: token, method: z.literal('totp'), code: totpCode }),
  z.strictObject({ mfaToken: token, method: z.literal('backup-code'), code: backupCode }),
]);
export type PanelMfaRequest = z.infer<typeof panelMfaRequest>;

export const stepUpMethod = z.enum([...codeMethod.options, 'password']);
/** Extra members of `step-up-required` here. */
export const panelStepUpExtra = z.object({
  /** One of them has to be given; none where the proof is fresh enough. */
  methods: z.array(stepUpMethod),
  /** The request has to carry the team's name as well, as somebody typed it (`teamName`). */
  needsTeamName: z.boolean(),
});
export type PanelStepUpExtra = z.infer<typeof panelStepUpExtra>;

export const panelStepUpRequest = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('totp'), code: totpCode }),
  z.strictObject({ method: z.literal('backup-code'), code: backupCode }),
  z.strictObject({ method: z.literal('password'), password: passwordText }),
]);
export type PanelStepUpRequest = z.infer<typeof panelStepUpRequest>;

export const panelSetupRequest = z.strictObject({ setupToken: token });
export const panelConfirmRequest = z.strictObject({ setupToken: token, factorId: id, code: totpCode });

/** A factor that counts for nothing until it is confirmed. `secret` is Base32; `otpauthUri` is what the QR code holds. */
export const newFactorAnswer = z.object({ factorId: id, secret: z.string(), otpauthUri: z.string() });
export type NewFactorAnswer = z.infer<typeof newFactorAnswer>;
/** Ten codes `XXXX-XXXX-XXXX`, shown once. */
export const backupCodesAnswer = z.object({ backupCodes: z.array(z.string()) });
export type BackupCodesAnswer = z.infer<typeof backupCodesAnswer>;

export const panelSession = z.object({
  member: z.object({ id, email: z.string(), name: z.string(), role: memberRole }),
  method: sessionMethod,
  signedInAt: isoTime,
  /** The absolute end; the idle limit comes sooner. */
  expiresAt: isoTime,
  csrfToken: z.string(),
  /** The team's name, as authenticator apps show it. */
  serverName: z.string(),
  /** No gate policy is on: clients may reconnect by themselves, and a step-up disconnect is without effect. */
  isGateOff: z.boolean(),
  /** Reset mails and the like can be sent. */
  isMailOn: z.boolean(),
});
export type PanelSession = z.infer<typeof panelSession>;
