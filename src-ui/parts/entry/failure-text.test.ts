import { expect, test } from 'vitest';
import { problem } from '../../../src-shared/problem.ts';
import { en } from '../../strings/en.ts';
import { failureSentences } from './failure-text.ts';

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

test('a phone whose clock is off is told which way, and no figure', () => {
  const told = (drift: string) => say(problem('invalid-code', undefined, { drift }));
  expect(told('ahead')[1]).toMatch(/some minutes ahead\..*automatic date and time/);
  expect(told('behind')[1]).toContain('some minutes behind');
  for (const other of ['+90s', 'toString', '<b>']) expect(told(other)).toHaveLength(1);
});

test('without a count from the server no count is shown', () => {
  expect(say(problem('code-already-used'))).toEqual(['Already used.']);
});

test('a network failure says that no try was used', () => {
  expect(say(problem('server-unreachable'))[0]).toContain('No try was used');
});
