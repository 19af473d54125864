import * as z from 'zod';
import { totpCode } from '../otp-code.ts';
import { id } from '../primitives.ts';
import { passwordText } from './session.ts';

/**
 * The way of a member whose MFA an administrator has reset: by the link of the mail, without a session. The old factor
 * stays valid until the new one is confirmed.
 *
 * | route (`/panel/v1/…`) | request | answers |
 * |---|---|---|
 * | POST mfa-reset/begin | `resetBeginRequest` | 200 `newFactorAnswer` · 410 `reset-link-invalid` + `resetLinkExtra` · 403 `wrong-password` · 403 `member-blocked` · 429 `too-many-attempts` |
 * | POST mfa-reset/confirm | `resetConfirmRequest` | 200 `backupCodesAnswer` (then sign in; the old factor, all sessions and all connections have ended) · 410 `reset-link-invalid` · 401 `invalid-code` · 404 `not-found` (begin again) · 429 |
 */

/** The page of the link. The token is the whole fragment (`/mfa-reset#<token>`), which no browser sends to a server. */
export const RESET_PAGE_PATH = '/mfa-reset';
/** The link works once and this long. */
export const RESET_LINK_SECONDS = 24 * 3600;

const resetToken = z.string().min(1).max(256);

export const resetBeginRequest = z.strictObject({ token: resetToken, password: passwordText });
/** `factorId` is of the answer to `mfa-reset/begin`. */
export const resetConfirmRequest = z.strictObject({ token: resetToken, factorId: id, code: totpCode });

/** Why a link does not work (any more). `unknown`: mistyped, cut, or replaced by a newer one. */
export const resetLinkState = z.enum(['used', 'expired', 'withdrawn', 'unknown']);
export type ResetLinkState = z.infer<typeof resetLinkState>;
export const resetLinkExtra = z.object({ why: resetLinkState });
