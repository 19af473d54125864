import { expect, test } from 'vitest';
import { canonicalNetwork, mistakeInSubnet6, uniqueLocalNetwork } from './device-networks.ts';

test.each([
  ['10.86.0.0/24', 'fd12:3456:789a::/64', null],
  ['10.86.0.0/24', '2600:1f18::/96', null],
  ['10.86.0.0/24', 'fd12:3456:789a::/120', null],
  ['10.86.0.0/22', 'fd12:3456:789a::/120', 'room'],
  ['10.86.0.0/22', 'fd12:3456:789a::/118', null],
  // Of a network so wide, 24 bits are given out.
  ['10.0.0.0/5', 'fd12:3456:789a::/104', null],
  ['10.86.0.0/24', 'fd12:3456:789a::/48', 'size'],
  ['10.86.0.0/24', 'fd12:3456:789a::/121', 'size'],
  ['10.86.0.0/24', '10.87.0.0/24', 'family'],
  ['fd00::/64', 'fd01::/64', 'twice'],
  ['10.86.0.0/24', 'fe80::/64', 'range'],
  ['10.86.0.0/24', 'ff02::/64', 'range'],
  ['10.86.0.0/24', '::1/64', 'range'],
  ['10.86.0.0/24', '2001:db8:1::/64', 'range'],
  ['10.86.0.0/24', '64:ff9b::/96', 'range'],
  ['10.86.0.0/24', '::ffff:10.0.0.0/104', 'range'],
])('beside %s, %s: %s', (subnet, subnet6, mistake) => {
  expect(mistakeInSubnet6(subnet, subnet6)).toBe(mistake);
});

test('a network is called by its first address, in its short form', () => {
  expect(canonicalNetwork('fd12:3456:789a:0:0:0:0:7/64')).toBe('fd12:3456:789a::/64');
  expect(canonicalNetwork('10.86.0.9/24')).toBe('10.86.0.0/24');
});

test('a suggested network is unique local, and one that devices can have', () => {
  const network = uniqueLocalNetwork(new Uint8Array([0x12, 0x34, 0x56, 0x78, 0x9a]));
  expect(network).toBe('fd12:3456:789a::/64');
  expect(mistakeInSubnet6('10.0.0.0/8', network)).toBe(null);
  expect(() => uniqueLocalNetwork(new Uint8Array(4))).toThrow(RangeError);
});
