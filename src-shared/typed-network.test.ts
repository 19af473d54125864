import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { readAddress, readAddressOrNetwork, readNetwork, typedNetwork } from './typed-network.ts';

describe('an address', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    [' 192.0.2.1\n', '192.0.2.1'],
    ['１９２.0.2.1', '192.0.2.1'],
    ['192.0.2.1\u200b', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:0201', '192.0.2.1'],
    ['[::ffff:192.0.2.1]', '192.0.2.1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]', 'fe80::1'],
    ['::1', '::1'],
  ])('%j is %s', (typed, meant) => expect(readAddress(typed)).toBe(meant));

  test.each([
    '',
    '10',
    '10.1',
    '0x0a.0.0.1',
    '010.0.0.1',
    '10.0.0.256',
    '192.0.2.1:443',
    '[::1]:443',
    '10.0.0.0/8',
    '192.0.2.1%eth0',
    'localhost',
    '10.0.0.1-10.0.0.9',
  ])('%j is none', (typed) => expect(readAddress(typed)).toBe(null));
});

describe('a network', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.1.2.3 / 8', '10.0.0.0/8'],
    ['10.1.2.3/255.255.255.0', '10.1.2.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['::/0', '::/0'],
    ['2001:DB8::5/32', '2001:db8::/32'],
    ['[2001:db8::]/32', '2001:db8::/32'],
    ['[2001:db8::/32]', '2001:db8::/32'],
    ['fe80::1%eth0/64', 'fe80::/64'],
    ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
  ])('%j is %s', (typed, meant) => expect(typedNetwork.parse(typed)).toBe(meant));

  test.each([
    '',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8.5',
    '10.0.0.0/255.0.255.0',
    '::/129',
    '::ffff:0.0.0.0/90',
    'fd00::/255.255.0.0',
    '10.0/8',
    '*',
  ])('%j is none', (typed) => expect(readNetwork(typed)).toBe(null));
});

test.each([
  ['192.0.2.1', '192.0.2.1/32'],
  ['::ffff:192.0.2.1', '192.0.2.1/32'],
  ['fe80::1%eth0', 'fe80::1/128'],
  ['10.1.2.3/8', '10.0.0.0/8'],
  ['everybody', null],
])('in an allow list %j is %s', (typed, meant) => expect(readAddressOrNetwork(typed)).toBe(meant));

test('whatever is read is a network of its own address, and read again it is the same', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(128), (address, bits) => {
      const network = readNetwork(`${address}/${bits}`);
      if (network === null) return;
      expect(readNetwork(network)).toBe(network);
      expect(ipaddr.process(address).match(ipaddr.parseCIDR(network))).toBe(true);
    }),
  );
});
