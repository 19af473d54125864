import { expect, test } from 'vitest';
import { problem } from '../../../src-shared/problem.ts';
import type { Blamed } from '../../../src-ui/parts/entry/entry.ts';
import { en as t } from '../../../src-ui/strings/en.ts';
import { en as w } from '../../strings/en.ts';
import { blameOf, proofFailureSentences } from './unlock-failure.ts';

const say = (failure: Parameters<typeof blameOf>[0], blamed: Blamed = 'unlock') =>
  proofFailureSentences(failure, { codeMethod: 'totp', blamed, serverName: 'Acme' }, { t, w });

test('a wrong PIN leaves the code alone, a wrong code leaves the PIN alone', () => {
  expect(blameOf(problem('wrong-pin'), false, true)).toBe('unlock');
  expect(blameOf(problem('unlock-refused'), false, true)).toBe('unlock');
  expect(blameOf(problem('invalid-code'), false, true)).toBe('code');
  expect(blameOf(problem('code-already-used'), false, true)).toBe('code');
});

test('what was not judged empties nothing, what came after the proofs empties everything', () => {
  for (const code of ['server-unreachable', 'challenge-invalid', 'cancelled', 'prompt-timeout'] as const)
    expect(blameOf(problem(code), false, true)).toBe('nothing');
  expect(blameOf(problem('gateway-unavailable'), false, true)).toBe('all');
});

test('cause, count and next step; the last try is named', () => {
  expect(say(problem('wrong-pin', undefined, { attemptsLeft: 3 }))).toEqual([
    'Wrong PIN.',
    '3 tries left, then you sign in with a code.',
  ]);
  expect(say(problem('wrong-pin', undefined, { attemptsLeft: 1 }))[1]).toMatch(/^Last try\./);
  expect(say(problem('wrong-pin'))).toEqual(['Wrong PIN.']);
});

test('too many attempts are told of what they were', () => {
  const throttled = problem('too-many-attempts');
  expect(say(throttled, blameOf(throttled, true, false))).toEqual(['Too many wrong PINs.']);
  expect(say(throttled, blameOf(throttled, false, true))).toEqual(['Too many wrong codes.']);
  expect(say(throttled, blameOf(throttled, false, false))).toEqual([
    'Too many attempts. Wait before trying again.',
  ]);
});

test('a question that was taken back is not an error', () => {
  expect(say(problem('cancelled'))).toEqual([]);
  expect(say(problem('prompt-timeout'))).toEqual([]);
});
