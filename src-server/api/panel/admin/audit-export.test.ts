import { expect, test } from 'vitest';
import { csvCell } from './audit-export.ts';

test.each([
  ['=1+1', `"'=1+1"`],
  ['+49 30', `"'+49 30"`],
  ['-1', `"'-1"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['\t=1', `"'\t'=1"`],
  [' =1', `"' =1"`],
  ['\uFEFF=1', `"'\uFEFF=1"`],
  ['＝1+1', `"'＝1+1"`],
  ['a;=1+1', `"a;'=1+1"`],
  ['a, +49', `"a, '+49"`],
  ['a\n@x', `"a\n'@x"`],
  ['Jürgen', 'Jürgen'],
  ['2026-11-21 10:00', '2026-11-21 10:00'],
  ['plain', 'plain'],
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ['two\nlines', '"two\nlines"'],
  [null, ''],
  [-5, '-5'],
])('the cell of %j', (value, cell) => {
  expect(csvCell(value)).toBe(cell);
});
