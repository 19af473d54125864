import {
  LONGEST_PASSWORD,
  type PasswordWeakness,
  SHORTEST_PASSWORD,
} from '../../../src-shared/password-rules.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { type CommonPasswords, commonPasswords } from './common-passwords.ts';
import { isPattern } from './password-patterns.ts';
import { preparedPassword } from './password-text.ts';

/** So many digits around a word are an ornament: a year, a counter. With more, they may be what is secret. */
const MOST_ORNAMENT_DIGITS = 6;
/** So many letters and digits besides the account's own words make a password of its own. */
const FEWEST_OWN = 5;
/** Shorter words are in too many others. */
const SHORTEST_WORD = 3;

/** Whom a password is for, and where: each word of it is guessed first. */
export interface AccountWords {
  email: string;
  name: string;
  /** Of the configuration. */
  teamName: string;
  issuer: string;
}

/**
 * Why a password is not accepted; null when it is. Length, and what is guessed first (NIST SP 800-63B-4 §3.1.1.2):
 * passwords that many people have, the account's own words, and patterns; each with the usual ornaments. Nothing is
 * asked about the kinds of its characters.
 */
export async function passwordWeakness(
  typed: string,
  account: AccountWords,
): Promise<PasswordWeakness | null> {
  const password = preparedPassword(typed);
  if ([...password].length < SHORTEST_PASSWORD) return 'short';
  if (typed.length > LONGEST_PASSWORD) return 'long';
  const lower = password.toLowerCase();
  if (isPattern(lower)) return 'pattern';
  const common = await commonPasswords();
  if (common.has(lower) || isOrnamented(lower, common)) return 'common';
  const own = withoutWords(lower, wordsOf(account));
  if (own === null) return null;
  const rest = own.replace(/[^\p{L}\p{N}]/gu, '');
  return [...rest].length < FEWEST_OWN || common.has(rest) || isOrnamented(rest, common) ? 'personal' : null;
}

/** What an administrator, a script and a log are told; pages have their own words. */
export const weaknessSentences: Record<PasswordWeakness, string> = {
  short: `A password needs at least ${SHORTEST_PASSWORD} characters. Several words are easy to remember.`,
  long: `A password has ${LONGEST_PASSWORD} characters at most.`,
  common: 'Many people use that password, or one like it: it is guessed first. Choose another one.',
  personal: 'That password is made of your name, address or team: it is guessed first. Choose another one.',
  pattern: 'That password repeats itself or follows the keyboard: it is guessed first. Choose another one.',
  present: 'Choose a password that is not your present one.',
};

/** `password-too-weak`, with `passwordTooWeakExtra`. */
export async function checkNewPassword(typed: string, account: AccountWords): Promise<Result<void>> {
  const why = await passwordWeakness(typed, account);
  return why ? tooWeak(why) : ok(undefined);
}

export function tooWeak(why: PasswordWeakness): Result<never> {
  return fail('password-too-weak', weaknessSentences[why], { why });
}

/** A common password, once or twice, between digits and signs: `Passwort2026!`, `!!hallo hallo!!`. */
function isOrnamented(lower: string, common: CommonPasswords): boolean {
  const [, before = '', core = '', after = ''] = /^([^\p{L}]*)(.*?)([^\p{L}]*)$/su.exec(lower) ?? [];
  const digits = (before + after).replace(/\D/g, '').length;
  if (core.length < SHORTEST_WORD || digits > MOST_ORNAMENT_DIGITS) return false;
  const parts = core.split(/[\s_.-]+/);
  return common.has(core) || (parts.length === 2 && parts[0] === parts[1] && common.has(parts[0] ?? ''));
}

function wordsOf({ email, name, teamName, issuer }: AccountWords): string[] {
  const host = URL.canParse(issuer) ? new URL(issuer).hostname : '';
  const words = [email, name, teamName, host, 'postern'].flatMap((text) =>
    text
      .normalize('NFKC')
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u),
  );
  // The longest first: `lovelace` before `love`.
  return [...new Set(words)]
    .filter((word) => word.length >= SHORTEST_WORD)
    .toSorted((a, b) => b.length - a.length);
}

/** The password without the account's words; null when none is in it. */
function withoutWords(lower: string, words: readonly string[]): string | null {
  const rest = words.reduce((text, word) => text.replaceAll(word, ' '), lower);
  return rest === lower ? null : rest;
}
