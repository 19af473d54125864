import stringWidth from 'string-width';

/** How many columns of a terminal a text takes: 2 for 東 and most emoji, none for marks. */
export const columnsOf = (text: string): number => stringWidth(text);

/** Filled up with blanks, in front with `side` `start`. */
export function padTo(text: string, columns: number, side: 'start' | 'end' = 'end'): string {
  const blanks = ' '.repeat(Math.max(0, columns - columnsOf(text)));
  return side === 'end' ? text + blanks : blanks + text;
}

/** As much from the front as fits, whole characters as readers see them, with `…` in place of what does not. */
export function cutTo(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)) {
    width += columnsOf(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
