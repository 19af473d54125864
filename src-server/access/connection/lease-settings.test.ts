import { expect, test } from 'vitest';
import { leaseWireGuard } from '../../../src-shared/lease.ts';
import type { GatewayRow } from '../../db/schema.ts';
import { agentColumn } from '../gateway/gateway-agent.ts';
import { columnsOf, type GatewaySettings } from '../gateway/gateway-settings.ts';
import { leaseSettings } from './lease-settings.ts';

const gateway = (change: Partial<GatewaySettings>, endpoint = '192.0.2.1:51820'): GatewayRow => ({
  id: 'g',
  name: 'main',
  token_hash: '',
  token_made_at: null,
  next_token_hash: null,
  next_token_made_at: null,
  token_ends_at: null,
  public_key: null,
  endpoint,
  subnet: '10.86.0.0/24',
  ...columnsOf({
    subnet6: null,
    allowedIps: ['10.20.0.0/16'],
    dns: ['10.20.0.53'],
    dnsDomains: [],
    dnsSearch: [],
    alternatePorts: [],
    mtu: 1420,
    keepaliveSeconds: 25,
    ...change,
  }),
  settings_at: 0,
  agent_json: agentColumn({ version: '1.0.0', features: ['alternate-ports'] }),
  host_troubles_json: null,
  last_seen_at: 0,
  created_at: 0,
  removed_at: null,
});
const features = ['control', 'dns-domains', 'alternate-ports'];
const names = { dnsDomains: ['corp.example'], dnsSearch: ['lab.example'] };

test('a helper that knows domains and further ports is told them', () => {
  const { dns, alternatePorts } = leaseSettings(gateway({ ...names, alternatePorts: [443, 53] }), features);
  const told = { servers: ['10.20.0.53'], domains: ['corp.example'], search: ['lab.example'] };
  expect(leaseWireGuard.shape.dns.parse(dns)).toEqual(told);
  expect(leaseWireGuard.shape.alternatePorts.parse(alternatePorts)).toEqual([443, 53]);
});

test('only what there is is told', () => {
  const dnsOf = (change: Partial<GatewaySettings>) => leaseSettings(gateway(change), features).dns;
  expect(dnsOf({ dnsDomains: ['corp.example'] })).toEqual({
    servers: ['10.20.0.53'],
    domains: ['corp.example'],
  });
  expect(dnsOf({ dnsSearch: ['lab.example'] })).toEqual({ servers: ['10.20.0.53'], search: ['lab.example'] });
});

test.each([
  ['an older helper', { ...names, alternatePorts: [443] }, ['control', 'guard']],
  ['a gateway with neither', {}, features],
])('the lease of %s has the plain list and one port', (_, change, of) => {
  expect(leaseSettings(gateway(change), of)).toEqual({
    allowedIps: ['10.20.0.0/16'],
    dns: ['10.20.0.53'],
    mtu: 1420,
    keepaliveSeconds: 25,
  });
});

test.each([
  ['says nothing of itself', null],
  ['does not name them', agentColumn({ version: '0.9.0', features: ['health'] })],
])('ports at which an agent that %s does not listen are not told', (_, agent_json) => {
  const row = { ...gateway({ alternatePorts: [443] }), agent_json };
  expect(leaseSettings(row, features)).not.toHaveProperty('alternatePorts');
});

test('domains that nobody can be asked for are not told', () => {
  expect(leaseSettings(gateway({ ...names, dns: [] }), features).dns).toEqual([]);
});

test('a port with which the agent came as its own is no further one', () => {
  const ports = (endpoint: string) =>
    leaseSettings(gateway({ alternatePorts: [443, 53] }, endpoint), features).alternatePorts;
  expect(ports('[2001:db8::1]:443')).toEqual([53]);
});
