import { expect, test } from 'vitest';
import { problemCodes } from '../../src-shared/problem.ts';
import { exitCodeHelp, exitCodes, exitForProblem } from './exit-codes.ts';

test('every problem has an exit code that is not success', () => {
  for (const code of problemCodes) expect(exitCodes[exitForProblem(code)].code, code).toBeGreaterThan(0);
});

test('no two exits share a number, and help tells them all', () => {
  const numbers = Object.values(exitCodes).map(({ code }) => code);
  expect(new Set(numbers).size).toBe(numbers.length);
  for (const { code, meaning } of Object.values(exitCodes)) {
    expect(exitCodeHelp()).toContain(`${code}  ${meaning}`);
  }
});
