import { Command } from 'commander';
import { expect, test } from 'vitest';
import { stackArguments, withStackOptions } from './options.ts';

/** The rules that these arguments lead to, or the words of the refusal. */
function policyOf(...argv: string[]): readonly string[] | string | undefined {
  let refusal = '';
  const command = withStackOptions(new Command('stack'))
    .exitOverride()
    .configureOutput({ writeErr: (text) => (refusal += text) });
  try {
    return stackArguments(command.parse(argv, { from: 'user' })).policy;
  } catch {
    return refusal;
  }
}

test('without the option the policy stays as it is', () => expect(policyOf()).toEqual([]));

test('rules come in one list, repeated, or both, and a list inside a value stays one', () => {
  expect(policyOf('--policy', 'unlockPriorConnection=true,totpPriorConnection=false')).toEqual([
    'unlockPriorConnection=true',
    'totpPriorConnection=false',
  ]);
  expect(
    policyOf('--policy', 'unlockMethods=pin,uv-soft,softUnlockHours=1', '--policy', 'idleSeconds=200'),
  ).toEqual(['unlockMethods=pin,uv-soft', 'softUnlockHours=1', 'idleSeconds=200']);
});

test.each([
  ['nonsense', 'expected key=value'],
  ['noSuchRule=true', 'no such setting'],
  ['totpPriorConnection=perhaps', 'expected true or false'],
  ['softUnlockHours=900', 'softUnlockHours'],
  ['unlockMethods=retina', 'unlockMethods'],
])('%s is refused with words', (text, words) => expect(policyOf('--policy', text)).toContain(words));
