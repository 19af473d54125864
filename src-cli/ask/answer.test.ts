import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAnswer } from './answer.ts';

const both = ['totp', 'backup-code'] as const;
const totp = (code: string) => ({ kind: 'proof', answer: { method: 'totp', code } });
const backup = (code: string) => ({ kind: 'proof', answer: { method: 'backup-code', code } });

test.each(['482913', ' 482913\t', '482 913', '482-913', '４８２９１３', 'Your code: 482913', '٤٨٢٩١٣'])(
  'a code is read however it was pasted: %j',
  (text) => expect(parseAnswer(text, 'totp', both)).toEqual(totp('482913')),
);

test('a code keeps its leading zero', () => {
  expect(parseAnswer('012345', 'totp', both)).toEqual(totp('012345'));
});

test.each(['', '48291', '4829131', 'abcdef', '١٢٣٤٥'])('%j is refused here and costs no try', (text) =>
  expect(parseAnswer(text, 'totp', both).kind).toBe('unusable'),
);

test('a backup code is taken in its field, or after the word backup', () => {
  expect(parseAnswer('abcd-efgh-jkmn', 'backup-code', both)).toEqual(backup('ABCDEFGHJKMN'));
  expect(parseAnswer('backup abcd-efgh-jkmn', 'totp', both)).toEqual(backup('ABCDEFGHJKMN'));
  expect(parseAnswer('abcd-efgh-jkmn', 'totp', both)).toMatchObject({
    kind: 'unusable',
    sentence: expect.stringContaining('backup code'),
  });
});

test('b asks for another way, unless there is none', () => {
  expect(parseAnswer('b', 'totp', both)).toEqual({ kind: 'switch' });
  expect(parseAnswer('b', 'totp', ['totp']).kind).toBe('unusable');
  expect(parseAnswer('backup abcd-efgh-jkmn', 'totp', ['totp']).kind).toBe('unusable');
});

test('cancel gives up', () => expect(parseAnswer(' Cancel ', 'totp', both)).toEqual({ kind: 'cancel' }));

test('whatever is typed, only six ASCII digits leave as a code', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
      const parsed = parseAnswer(text, 'totp', ['totp']);
      if (parsed.kind === 'proof') expect(parsed.answer.code).toMatch(/^[0-9]{6}$/);
    }),
  );
});
