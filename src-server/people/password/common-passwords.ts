import { createRequire } from 'node:module';
import type * as LanguageCommon from '@zxcvbn-ts/language-common';

const require = createRequire(import.meta.url);

let known: ReadonlySet<string> | null = null;

/** Unpacked for the first password that is judged: a tenth of a second, which most commands have no use for. */
function commonPasswords(): ReadonlySet<string> {
  if (known) return known;
  const { dictionary }: typeof LanguageCommon = require('@zxcvbn-ts/language-common');
  known = new Set(dictionary['passwords-common']);
  return known;
}

/** What people write in place of a letter. */
const letterOf: Record<string, string> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};
const plain = (text: string): string => text.replace(/[013457@$!]/g, (sign) => letterOf[sign] ?? sign);

/** Whether this very word is among the 49,000 most used passwords, in any case, with digits and signs for letters too. */
export function isCommonPassword(word: string): boolean {
  const lower = word.toLowerCase();
  const passwords = commonPasswords();
  return passwords.has(lower) || passwords.has(plain(lower));
}
