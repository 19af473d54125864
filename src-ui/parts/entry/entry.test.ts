import { expect, test } from 'vitest';
import { problem } from '../../../src-shared/problem.ts';
import {
  type Blamed,
  type Entry,
  type EntryEvent,
  entryAfter,
  lackOf,
  newEntry,
  nextCodeAt,
  sendsItself,
  waitAfter,
} from './entry.ts';

const both = ['code', 'unlock'] as const;
const after = (...events: EntryEvent[]): Entry => events.reduce(entryAfter, newEntry('totp', null));
const typeCode = (text: string): EntryEvent => ({ kind: 'typed', part: 'code', text });
const typePin = (text: string): EntryEvent => ({ kind: 'typed', part: 'unlock', text });
const sent: EntryEvent = { kind: 'sent' };
const refused = (
  blamed: Blamed,
  failure = problem('invalid-code'),
  parts: readonly ('code' | 'unlock')[] = both,
): EntryEvent => ({
  kind: 'refused',
  refusal: { failure, blamed, codeMethod: 'totp', at: 1000 },
  isQuiet: false,
  parts,
});

test('a code goes out by itself at its sixth digit, and the same one never again', () => {
  expect(sendsItself(after(typeCode('12345')), '123456')).toBe(true);
  expect(sendsItself(after(typeCode('1234')), '12345')).toBe(false);
  const rejected = after(typeCode('123456'), sent, refused('code'));
  expect(sendsItself(rejected, '123456')).toBe(false);
  expect(sendsItself(rejected, '123457')).toBe(true);
});

test('a code that is typed already is not completed again, and a backup code never sends itself', () => {
  expect(sendsItself(after(typeCode('123456')), '123456')).toBe(false);
  const backup = after({ kind: 'method-chosen', method: 'backup-code' });
  expect(sendsItself(backup, '123456')).toBe(false);
});

test.each([
  ['code', '', '849271', 'code'],
  ['unlock', '123456', '', 'unlock'],
  ['all', '', '', 'code'],
  ['nothing', '123456', '849271', 'unlock'],
] as const)(
  'a refusal of %s empties that alone and puts focus where to go on',
  (blamed, code, unlock, part) => {
    const entry = after(typeCode('123456'), typePin('849271'), sent, refused(blamed));
    expect(entry.typed).toEqual({ code, unlock });
    expect(entry.focusOn).toEqual({ part });
    expect(entry.isSending).toBe(false);
  },
);

test('a code alone keeps focus when nothing was judged', () => {
  const entry = after(typeCode('123456'), sent, refused('nothing', problem('server-unreachable'), ['code']));
  expect(entry.typed.code).toBe('123456');
  expect(entry.focusOn).toEqual({ part: 'code' });
});

test('what was refused before is not said while the next try is on its way', () => {
  const entry = after(
    typePin('000001'),
    sent,
    refused('unlock', problem('wrong-pin')),
    typePin('849271'),
    sent,
  );
  expect(entry).toMatchObject({ isSending: true, refusal: null, lack: null });
});

test('a question that was taken back is no refusal', () => {
  const quiet = { ...refused('nothing', problem('cancelled')), isQuiet: true } as const;
  expect(after(typePin('849271'), sent, quiet)).toMatchObject({ refusal: null, typed: { unlock: '849271' } });
});

test('what is missing is named in the order of the fields, and not any more once something is typed', () => {
  expect(lackOf(after(typeCode('12345')), both)).toBe('code');
  expect(lackOf(after(typeCode('123456')), both)).toBe('pin');
  expect(lackOf(after(typeCode('123456')), ['code'])).toBeNull();
  const backup = after({ kind: 'method-chosen', method: 'backup-code' }, typeCode('  '));
  expect(lackOf(backup, ['code'])).toBe('code');
  const lacking = after({ kind: 'lacking', lack: 'pin' });
  expect(lacking.focusOn).toEqual({ part: 'unlock' });
  expect(entryAfter(lacking, typePin('8')).lack).toBeNull();
});

test('a lock of the screen empties every field, also while an answer is on its way', () => {
  const entry = after(typeCode('123456'), typePin('849271'), sent, { kind: 'locked' });
  expect(entry).toMatchObject({ typed: { code: '', unlock: '' }, isSending: true });
});

test('a code that grew too old goes, but not while it is on its way', () => {
  const expired: EntryEvent = { kind: 'code-expired', lack: 'old-code' };
  expect(after(typeCode('123456'), expired)).toMatchObject({ typed: { code: '' }, lack: 'old-code' });
  expect(after(typeCode('123456'), sent, expired)).toMatchObject({ typed: { code: '123456' }, lack: null });
});

test('a wait runs from the refusal, and only where one was asked for', () => {
  const throttled = problem('too-many-attempts', undefined, { retryAfterMs: 6500 });
  expect(waitAfter(after(sent, refused('code', throttled)).refusal)).toBe(7500);
  expect(waitAfter(after(sent, refused('code')).refusal)).toBeNull();
  expect(waitAfter(null)).toBeNull();
});

test('the next code is named for one-time codes alone', () => {
  const used = problem('code-already-used', undefined, { nextCodeInMs: 12_000 });
  const entry = after(typeCode('123456'), sent, refused('code', used));
  expect(nextCodeAt(entry)).toBe(13_000);
  expect(nextCodeAt(entryAfter(entry, { kind: 'method-chosen', method: 'backup-code' }))).toBeNull();
});
