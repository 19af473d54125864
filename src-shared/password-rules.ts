import * as z from 'zod';

/** NIST SP 800-63B-4 §3.1.1.2: length is what counts. In characters, after NFKC. */
export const SHORTEST_PASSWORD = 12;
/** In UTF-16 units, as typed: more is cut off by no hash, but has to be sent and hashed. */
export const LONGEST_PASSWORD = 1024;
/** A password that somebody else has set works this long, and is changed at the first sign-in with it. */
export const TEMPORARY_PASSWORD_SECONDS = 7 * 86_400;

/** Why a new password is refused; `present` is the one that it would replace. */
export const passwordWeakness = z.enum(['short', 'long', 'common', 'personal', 'pattern', 'present']);
export type PasswordWeakness = z.infer<typeof passwordWeakness>;

/** Extra member of `password-too-weak`; an older server sends none. */
export const passwordTooWeakExtra = z.object({ why: passwordWeakness });
