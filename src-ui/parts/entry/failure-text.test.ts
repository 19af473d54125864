import { expect, test } from 'vitest';
import { problem } from '../../../src-shared/problem.ts';
import { en } from '../../strings/en.ts';
import { driftSecondsOf, failureSentences } from './failure-text.ts';

const say = (failure: Parameters<typeof failureSentences>[0], attemptsLeft: number | null = null) =>
  failureSentences(failure, 'totp', 'Acme', attemptsLeft, en);

test('a wrong code names the server, the count and what follows', () => {
  expect(say(problem('invalid-code'), 3)).toEqual([
    'That code did not match. Check that it is for Acme and use the newest one.',
    '3 tries left, then you have to wait.',
  ]);
});

test('the last try is named before it is used', () => {
  expect(say(problem('invalid-code'), 1).at(-1)).toMatch(/^Last try\./);
});

test('a phone whose clock is off is told which way and by how much', () => {
  expect(say(problem('invalid-code', undefined, { drift: '+90s' }))[1]).toContain('about 90 s fast');
  expect(say(problem('invalid-code', undefined, { drift: '-60s' }))[1]).toContain('about 60 s slow');
  expect(driftSecondsOf(problem('invalid-code', undefined, { drift: '<b>90s' }))).toBeNull();
});

test('without a count from the server no count is shown', () => {
  expect(say(problem('code-already-used'))).toEqual(['Already used.']);
});

test('a network failure says that no try was used', () => {
  expect(say(problem('server-unreachable'))[0]).toContain('No try was used');
});
