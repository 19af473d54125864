import { stripVTControlCharacters } from 'node:util';

/** Longest text from elsewhere that is shown on one line, in UTF-16 units. */
export const MAX_PLAIN_LENGTH = 500;

/**
 * Text that came from elsewhere (reasons, names, details) → one line that cannot steer the terminal: no escape
 * sequences, control, format (bidi overrides), private-use or unassigned characters. The joiners U+200C/U+200D
 * stay, because Persian and the Indic scripts are spelled with them.
 */
export function plainText(text: string): string {
  const visible = stripVTControlCharacters(text.slice(0, 4 * MAX_PLAIN_LENGTH).toWellFormed())
    .replace(/[\s\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/(?![\u200c\u200d])[\p{C}]/gu, '')
    .replace(/ {2,}/g, ' ')
    .trim();
  return visible.length > MAX_PLAIN_LENGTH
    ? `${visible.slice(0, MAX_PLAIN_LENGTH - 1).toWellFormed()}…`
    : visible;
}

/** A sentence without its last full stop, so that it can stand inside another one. */
export function withoutFullStop(text: string): string {
  return text.replace(/[.\s]+$/u, '');
}
