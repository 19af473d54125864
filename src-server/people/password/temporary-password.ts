import { randomInt } from 'node:crypto';

/** Nothing that looks like something else. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';

/** 20 letters and digits in groups of five: 99 random bits that can be read out. */
export function newTemporaryPassword(): string {
  const letter = (): string => ALPHABET[randomInt(ALPHABET.length)] ?? '';
  const group = (): string => Array.from({ length: 5 }, letter).join('');
  return Array.from({ length: 4 }, group).join('-');
}
