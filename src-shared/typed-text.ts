/**
 * What gets into a text on its way from a mail, a web page, a chat or a password manager, and is not seen: soft hyphens,
 * zero-width spaces, marks of the writing direction, byte order marks. Joiners stay: emoji and some scripts need them.
 */
const UNSEEN = /[\u00AD\u061C\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF]/g;

export function withoutUnseen(text: string): string {
  return text.replace(UNSEEN, '');
}

/**
 * The decimal digits of every script (٤, ४, ４) → ASCII. Each script's ten stand together in Unicode, and such tens
 * side by side, so that a digit's distance from the first of its row is its value modulo ten.
 */
export function asciiDigits(text: string): string {
  return text.normalize('NFKC').replace(/[^\p{ASCII}\P{Nd}]/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0;
    let first = code;
    while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first--;
    return String((code - first) % 10);
  });
}

/** How many characters a reader sees (grapheme clusters of UAX 29): a family emoji is one, so is é in any form. */
export function graphemesIn(text: string): number {
  let count = 0;
  for (const _ of segments(text)) count++;
  return count;
}

/** The first `most` of them. */
export function cutGraphemes(text: string, most: number): string {
  let end = 0;
  let count = 0;
  for (const { index, segment } of segments(text)) {
    if (++count > most) return text.slice(0, end);
    end = index + segment.length;
  }
  return text;
}

const segments = (text: string) => new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text);
