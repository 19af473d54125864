import * as z from 'zod';
import { cutGraphemes, graphemesIn, withoutUnseen } from './typed-text.ts';

/** In UTF-16 units for each character that is seen: a family emoji has eleven, a stack of a hundred accents is no name. */
const MOST_UNITS_EACH = 12;
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
/** What is seen: U+2800 is an empty Braille cell, the fillers of Hangul are to be ignored, the unassigned has no shape. */
const SEEN = /[^\s\p{Default_Ignorable_Code_Point}\p{M}\p{C}\u2800]/u;

/** Composed (NFC), without what is not seen, one blank between words. */
function tidyName(typed: string): string {
  return withoutUnseen(typed.toWellFormed())
    .replace(/\p{Zs}+/gu, ' ')
    .trim()
    .normalize('NFC');
}

/**
 * What people call a thing or somebody, in any script and with emoji, of `most` characters as readers count them. Line
 * breaks and other control characters, which terminals obey, are refused; marks that turn the writing direction go.
 */
export const nameOf = (most: number) =>
  z
    .string()
    .max(most * MOST_UNITS_EACH * 2, `expected 1 to ${most} characters`)
    .refine((typed) => !CONTROL.test(typed.trim()), 'expected no control characters')
    .transform(tidyName)
    .pipe(
      z
        .string()
        .regex(SEEN, `expected 1 to ${most} characters`)
        .refine(
          (name) => graphemesIn(name) <= most && name.length <= most * MOST_UNITS_EACH,
          `expected 1 to ${most} characters`,
        ),
    );

/** Of a gateway, an API token, the team. */
export const properName = nameOf(64);
/** Of a member. */
export const personName = nameOf(100);

/**
 * Of a device, as its computer calls itself: nobody typed it, and nobody is to be kept out by it. Control characters are
 * blanks, and it is cut.
 */
export const deviceName = z
  .string()
  .max(2000)
  .transform((text) => cutGraphemes(tidyName(text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ')), 100))
  .transform((name) => (SEEN.test(name) ? name.slice(0, 100 * MOST_UNITS_EACH) : 'device'));

/** Why this cannot be a member's name; null when it can. */
export function nameMistake(typed: string): string | null {
  const name = personName.safeParse(typed);
  return name.success ? null : `name: ${name.error.issues[0]?.message}`;
}
