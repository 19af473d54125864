import { Command } from 'commander';
import { expect, test } from 'vitest';
import { type StackArguments, stackArguments, withStackOptions } from './options.ts';

/** What these arguments lead to, or the words of the refusal. */
function argumentsOf(...argv: string[]): StackArguments | string {
  let refusal = '';
  const command = withStackOptions(new Command('stack'))
    .exitOverride()
    .configureOutput({ writeErr: (text) => (refusal += text) });
  try {
    return stackArguments(command.parse(argv, { from: 'user' }));
  } catch {
    return refusal;
  }
}

function policyOf(...argv: string[]): readonly string[] | string | undefined {
  const found = argumentsOf(...argv);
  return typeof found === 'string' ? found : found.policy;
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

test('further ports of the gateway come as a list, and a network that blocks needs a router', () => {
  expect(argumentsOf('--alternate-ports', '443,53', '--block-vpn')).toMatchObject({
    alternatePorts: [443, 53],
    blocksVpn: true,
    blocksUdp: false,
  });
  expect(argumentsOf()).toMatchObject({ alternatePorts: [], blocksVpn: false, hasDhcp: false });
  expect(argumentsOf('--captive-portal', '--dhcp')).toMatchObject({ hasCaptivePortal: true, hasDhcp: true });
  expect(argumentsOf('--alternate-ports', '443,web')).toContain('expected a whole number');
  expect(argumentsOf('--alternate-ports', '1,2,3,4,5')).toContain('at most 4 ports');
  expect(argumentsOf('--net', 'flat', '--block-vpn')).toContain('need the routed network');
  expect(argumentsOf('--ipv6')).toMatchObject({ hasIpv6: true });
  expect(argumentsOf('--net', 'flat', '--ipv6')).toContain('need the routed network');
  expect(argumentsOf('--net', 'flat', '--captive-portal')).toContain('need the routed network');
  expect(argumentsOf('--net', 'flat', '--dhcp')).toContain('need the routed network');
});
