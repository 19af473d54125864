import { expect, test } from 'vitest';
import { type GatewayDraft, gatewayTroubles } from './gateway-troubles.ts';

const draft = (change: Partial<GatewayDraft> = {}): GatewayDraft => ({
  subnet: '10.86.0.0/22',
  subnet6: null,
  allowedIps: ['10.20.0.0/16'],
  dns: [],
  dnsDomains: [],
  dnsSearch: [],
  ...change,
});
const codes = (
  change: Partial<GatewayDraft>,
  others: { name: string; subnet: string; subnet6: string | null }[] = [],
) => gatewayTroubles(draft(change), others).map(({ code, value }) => `${code} ${value}`.trim());

test('a split tunnel with its own names or none has no trouble', () => {
  expect(codes({})).toEqual([]);
  expect(codes({ dns: ['10.20.0.53'] })).toEqual([]);
  expect(codes({ dns: ['10.20.0.53'], dnsDomains: ['corp.example'], dnsSearch: ['corp.example'] })).toEqual(
    [],
  );
});

test.each([
  ['a full tunnel without name servers', { allowedIps: ['0.0.0.0/0'] }, ['names-stay-here', 'ipv6-beside']],
  [
    'what the Control Panel has by default',
    { allowedIps: ['0.0.0.0/0', '::/0'] },
    ['names-stay-here', 'ipv6-refused'],
  ],
  [
    'a full tunnel in halves, one of them in two and one of these named twice',
    { allowedIps: ['0.0.0.0/1', '128.0.0.0/2', '192.0.0.0/2', '11.0.0.0/8', '128.0.0.0/2'] },
    ['names-stay-here', 'ipv6-beside'],
  ],
  [
    'a full tunnel with name servers for some domains alone',
    { allowedIps: ['0.0.0.0/0'], dns: ['10.20.0.53'], dnsDomains: ['corp.example', 'lab.example'] },
    ['names-stay-here corp.example, lab.example', 'ipv6-beside'],
  ],
  [
    'a full tunnel with domains and no name servers',
    { allowedIps: ['0.0.0.0/0'], dnsDomains: ['corp.example'] },
    ['names-stay-here', 'ipv6-beside', 'domains-without-resolver'],
  ],
  ['domains of no name server', { dnsDomains: ['corp.example'] }, ['domains-without-resolver']],
  ['domains to search and no name server', { dnsSearch: ['corp.example'] }, ['domains-without-resolver']],
  ['three quarters of everything', { allowedIps: ['0.0.0.0/1', '128.0.0.0/2'] }, []],
  ['a name server outside', { dns: ['1.1.1.1', '10.20.0.53'] }, ['resolver-outside 1.1.1.1']],
  ['a name server of the other family', { dns: ['fd00::53'] }, ['resolver-outside fd00::53']],
  ['IPv4 through a gateway with IPv6 alone', { subnet: 'fd00::/64' }, ['ipv4-refused']],
  [
    'both families through a gateway with both',
    { subnet6: 'fd00::/64', allowedIps: ['0.0.0.0/0', '::/0'], dns: ['10.20.0.53'] },
    [],
  ],
  [
    'IPv6 that could go through a full tunnel and does not',
    { subnet6: 'fd00::/64', allowedIps: ['0.0.0.0/0'], dns: ['10.20.0.53'] },
    ['ipv6-beside fd00::/64'],
  ],
])('%s is named', (_, change, expected) => {
  expect(codes(change)).toEqual(expected);
});

test.each([
  ['the same', ['10.86.0.0/22', '10.20.0.0/16'], '10.86.0.0/22'],
  ['a larger one', ['10.0.0.0/8'], '10.0.0.0/8'],
  ['a part of it', ['10.86.3.0/24', '10.86.0.2/32'], '10.86.3.0/24, 10.86.0.2/32'],
  ['in IPv6', ['10.20.0.0/16', 'fd00:1::/48'], 'fd00:1::/48'],
  ['each family', ['10.86.0.0/16', 'fd00:1::/64'], '10.86.0.0/16, fd00:1::/64'],
])('a network of the devices that is also one behind the gateway is named: %s', (_, allowedIps, value) => {
  expect(codes({ subnet6: 'fd00:1::/64', allowedIps })).toEqual([`subnet-behind ${value}`]);
});

test('the internet is no network behind the gateway, and its own address is meant', () => {
  const subnet6 = 'fd00:1::/64';
  expect(codes({ subnet6, allowedIps: ['8.0.0.0/7', 'fc00::/7'] })).toEqual([]);
  const own = ['10.86.0.1/32', 'fd00:1::1/128'];
  expect(codes({ subnet: '10.86.0.9/22', subnet6, allowedIps: own, dns: ['10.86.0.1'] })).toEqual([]);
});

test('subnets that share addresses are named, by the gateway that has them', () => {
  const others = [
    { name: 'Oslo', subnet: '10.86.2.0/24', subnet6: 'fd00:1::/64' },
    { name: 'Bergen', subnet: '10.86.4.0/22', subnet6: 'fd00:2::/64' },
    { name: 'Tromsø', subnet: '10.0.0.0/8', subnet6: null },
    { name: 'Six', subnet: 'fd00::/64', subnet6: null },
  ];
  const ofFour = ['subnet-overlap Oslo', 'subnet-overlap Tromsø'];
  expect(codes({}, others)).toEqual(ofFour);
  expect(codes({ subnet6: 'fd00:3::/64' }, others)).toEqual(ofFour);
  // Each gateway once, also where both families are shared.
  expect(codes({ subnet6: 'fd00:1::100/120' }, others)).toEqual(ofFour);
  const six = { subnet: '10.99.0.0/24', allowedIps: ['::/0'] };
  expect(codes({ ...six, subnet6: 'fd00::/80' }, others)).toEqual([
    'subnet-overlap Tromsø',
    'subnet-overlap Six',
  ]);
  expect(codes({ ...six, subnet: '192.168.9.0/24', subnet6: 'fd00:2::/64' }, others)).toEqual([
    'subnet-overlap Bergen',
  ]);
});
