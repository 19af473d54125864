import { expect, test } from 'vitest';
import { readDraft, type TypedGateway } from './gateway-draft.ts';

const draft = (change: Partial<TypedGateway> = {}): TypedGateway => ({
  ...{ name: 'Oslo', subnet: '10.86.4.0/24', allowed: '10.20.0.0/16', dns: '10.20.0.53', mtu: '1420' },
  ...{ subnet6: '', dnsDomains: '', dnsSearch: '', alternatePorts: '' },
  ...change,
});
const mistakesIn = (change: Partial<TypedGateway>, ownPort: number | null = null) =>
  Object.entries(readDraft(draft(change), ownPort).mistakes).filter(([, mistake]) => mistake !== null);

test('domains are taken as people type them, each once, and ports in their order', () => {
  const typed = {
    dnsDomains: 'Corp.Example., corp.example; lab.example',
    dnsSearch: 'CORP.example',
    alternatePorts: '443 53',
  };
  expect(readDraft(draft(typed), 51_820)).toMatchObject({
    values: {
      dns: ['10.20.0.53'],
      dnsDomains: ['corp.example', 'lab.example'],
      dnsSearch: ['corp.example'],
      alternatePorts: [443, 53],
    },
  });
});

test('what is left empty is everything for the networks, and nothing for the rest', () => {
  expect(readDraft(draft({ allowed: ' ', dns: '' }), null).values).toMatchObject({
    allowedIps: ['0.0.0.0/0', '::/0'],
    dns: [],
    dnsDomains: [],
    dnsSearch: [],
    alternatePorts: [],
    subnet6: null,
  });
});

test.each<[Partial<TypedGateway>, string]>([
  [{ name: ' ' }, 'name'],
  [{ subnet: '10.86.4.0' }, 'subnet'],
  [{ subnet6: 'fd12:3456:789a::' }, 'subnet6'],
  [{ subnet6: '10.87.0.0/24' }, 'subnet6'],
  [{ subnet6: 'fd12:3456:789a::/48' }, 'subnet6'],
  [{ subnet6: 'fe80::/64' }, 'subnet6Range'],
  [{ allowed: '10.0.0.0/300' }, 'allowed'],
  [{ dns: 'ns.example' }, 'dns'],
  [{ dnsDomains: '10.20.0.53' }, 'domains'],
  [{ dnsDomains: 'corp.example, *.lab.example' }, 'domains'],
  [{ dnsSearch: 'corp..example' }, 'domains'],
  [{ dnsSearch: Array.from({ length: 17 }, (_, at) => `d${at}.example`).join() }, 'manyDomains'],
  [{ alternatePorts: 'https' }, 'ports'],
  [{ alternatePorts: '0' }, 'ports'],
  [{ alternatePorts: '443, 65536' }, 'ports'],
  [{ alternatePorts: '1, 2, 3, 4, 5' }, 'manyPorts'],
  [{ alternatePorts: '443, 443' }, 'portTwice'],
  [{ alternatePorts: '443, 51820' }, 'ownPort'],
  [{ mtu: '1' }, 'mtu'],
])('%j is told beside its field', (change, mistake) => {
  expect(mistakesIn(change, 51_820)).toEqual([[Object.keys(change)[0], mistake]]);
  expect(readDraft(draft(change), 51_820).values).toBe(null);
});

test('a port is nobody’s own before the agent has come', () => {
  expect(mistakesIn({ alternatePorts: '51820' })).toEqual([]);
});

test('an IPv6 network is weighed against the network above, as far as that is one', () => {
  expect(readDraft(draft({ subnet6: ' fd12:3456:789a::/64 ' }), null).values?.subnet6).toBe(
    'fd12:3456:789a::/64',
  );
  const subnet6 = 'fd12:3456:789a::/120';
  expect(mistakesIn({ subnet: '10.86.0.0/16', subnet6 })).toEqual([['subnet6', 'subnet6Room']]);
  expect(mistakesIn({ subnet: 'fd00::/64', subnet6 })).toEqual([['subnet6', 'subnet6Twice']]);
  expect(mistakesIn({ subnet: '10.86', subnet6 })).toEqual([['subnet', 'subnet']]);
});
