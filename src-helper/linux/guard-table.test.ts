import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GuardDemand } from '../guard/demand.ts';
import { elementsText, guardTable } from './guard-table.ts';
import { defaultRouteOf, localNetworks, partsOf } from './local-networks.ts';
import { type Link, parseNetwork, type Route } from './netlink-message.ts';
import { networkText } from './network-plan.ts';

const demand = (change: Partial<GuardDemand> = {}): GuardDemand => ({
  mode: 'gate',
  networks: ['10.1.0.0/16', '0.0.0.0/0', '::/0', 'fd00:1::/48'],
  control: ['203.0.113.5:443', '[2001:db8::5]:8443'],
  allowLan: true,
  openForMs: 0,
  isTunnelUp: false,
  ...change,
});
const local = { onLink: ['172.20.0.0/24', '192.168.1.0/24', 'fd77::/64'], inner: ['172.20.0.0/24'] };
const table = (change: Partial<GuardDemand> = {}) => guardTable(demand(change), local, 'postern0');
const chain = (text: string, name: string) =>
  (new RegExp(`chain ${name} \\{\\n(.*?)\\n  \\}`, 's').exec(text)?.[1] ?? '')
    .split('\n')
    .map((line) => line.trim());
const set = (text: string, name: string) =>
  new RegExp(`set ${name} \\{[^}]*?elements = \\{ (.*?) \\}`).exec(text)?.[1];

describe('guard table', () => {
  it('fills the chains of the table that is there instead of making others', () => {
    expect(table()).not.toContain('delete');
    for (const name of ['output', 'forward', 'judge'])
      expect(table()).toContain(`flush chain inet postern_guard ${name}\n`);
    const filled = [...table().matchAll(/set (\w+) \{[^}]*(?:elements|interval|inet_service)/g)].map(
      ([, name]) => name,
    );
    for (const name of filled) expect(table()).toContain(`flush set inet postern_guard ${name}\n`);
  });

  it("tells the team's own networks from a way to the world, and both families apart", () => {
    expect([set(table(), 'team4'), set(table(), 'wide4')]).toEqual(['10.1.0.0/16', '0.0.0.0/0']);
    expect([set(table(), 'team6'), set(table(), 'wide6')]).toEqual(['fd00:1::/48', '::/0']);
    expect([set(table(), 'control4'), set(table(), 'control6')]).toEqual([
      '203.0.113.5 . 443',
      '2001:db8::5 . 8443',
    ]);
    const halves = table({ networks: ['0.0.0.0/1', '128.0.0.0/1', '2000::/3', 'fc00::/7', '10.0.0.0/8'] });
    const names = ['wide4', 'wide6', 'team4', 'team6'];
    expect(names.map((name) => set(halves, name))).toEqual([
      '0.0.0.0/1, 128.0.0.0/1',
      '2000::/3',
      '10.0.0.0/8',
      'fc00::/7',
    ]);
  });

  it("asks for the team's networks before the local network, and for the world after it", () => {
    const reject = 'reject with icmpx admin-prohibited';
    const rest = [`ip daddr @wide4 ${reject}`, `ip6 daddr @wide6 ${reject}`];
    const team = [`ip daddr @team4 ${reject}`, `ip6 daddr @team6 ${reject}`];
    const lan = ['ip daddr @lan4 accept', 'ip6 daddr @lan6 accept'];
    expect(chain(table(), 'judge')).toEqual([...team, ...lan, ...rest]);
    expect(chain(table({ mode: 'always' }), 'judge')).toEqual([
      ...team,
      `meta nfproto != @open meta l4proto { tcp, udp } th dport { 53, 853 } ${reject}`,
      ...lan,
      ...rest,
      'meta nfproto @open accept',
      reject,
    ]);
  });

  it('lets the laptop, and nothing that it forwards for, past by the server, DHCP and a sign-in page', () => {
    const forward = chain(table({ mode: 'always' }), 'forward');
    expect(forward).toEqual(['oifname { "lo", "postern0" } accept', 'jump judge']);
    expect(chain(table(), 'output').at(-1)).toBe('jump judge');
  });

  it('knows the network here where it is allowed; what never leaves the computer always', () => {
    expect(set(table(), 'lan4')).toContain('192.168.1.0/24');
    expect(set(table({ mode: 'always' }), 'lan6')).toContain('fd77::/64');
    const strict = table({ mode: 'always', allowLan: false });
    expect([set(strict, 'lan4'), set(strict, 'lan6')]).toEqual(['172.20.0.0/24', undefined]);
  });

  it('changes neither when the tunnel comes or goes, nor when a page is opened', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('gate' as const, 'always' as const),
        fc.boolean(),
        fc.integer({ min: 0 }),
        (mode, isTunnelUp, openForMs) => table({ mode, isTunnelUp, openForMs }) === table({ mode }),
      ),
    );
  });

  it('fills what runs out by itself for whole seconds, and empties it for none', () => {
    expect(elementsText({ portalSeconds: 12.2, openSeconds: 0 }).split('\n')).toEqual([
      'flush set inet postern_guard portal',
      'add element inet postern_guard portal { ipv4 timeout 13s, ipv6 timeout 13s }',
      'flush set inet postern_guard open',
      '',
    ]);
    expect(elementsText({ portalSeconds: -3, openSeconds: 10 })).not.toContain('portal {');
  });
});

describe('local networks', () => {
  const route = (cidr: string, via: Route['via'], change: Partial<Route> = {}): Route => ({
    destination: parseNetwork(cidr, true),
    via,
    table: 254,
    ...change,
  });
  const links: Link[] = [
    { index: 2, kind: null, bridge: null },
    { index: 3, kind: 'bridge', bridge: null },
    { index: 4, kind: 'veth', bridge: 3 },
    { index: 5, kind: 'bridge', bridge: null },
    { index: 6, kind: null, bridge: 5 },
    { index: 7, kind: 'bridge', bridge: null },
    { index: 8, kind: 'bond', bridge: 7 },
  ];

  it('are private ones on a link; those of bridges without hardware never leave', () => {
    const routes = [
      route('192.168.1.0/24', 2),
      route('172.17.0.0/16', 3),
      route('10.5.0.0/24', 5),
      route('10.6.0.0/24', 7),
      route('fe80::/64', 2),
      // Behind a router, of another table, nobody's, and anybody's.
      route('10.9.0.0/16', 2, { gateway: Buffer.from([192, 168, 1, 1]) }),
      route('10.8.0.0/16', 2, { table: 7 }),
      route('10.7.0.0/16', 'unreachable'),
      route('198.51.100.0/24', 2),
      route('0.0.0.0/1', 2),
      // So long is no link.
      route('10.0.0.0/8', 2),
      route('fd00::/8', 2),
      route('2001:db8::/64', 2),
    ];
    expect(localNetworks(routes, links)).toEqual({
      onLink: ['10.5.0.0/24', '10.6.0.0/24', '172.17.0.0/16', '192.168.1.0/24', 'fe80::/64'],
      inner: ['172.17.0.0/16'],
    });
  });

  it('are parts of a network of the team, but for the world and what is of containers', () => {
    const team = ['10.0.0.0/8', '172.16.0.0/12', '192.168.1.0/24', '0.0.0.0/0', 'fd00::/8', '198.51.0.0/16'];
    const routes = [
      route('10.5.0.0/24', 5),
      route('172.17.0.0/16', 3),
      route('192.168.1.0/24', 2),
      route('198.51.100.0/24', 2),
      route('203.0.113.0/24', 2),
      route('fd00:5::/64', 2),
      route('fd00:6::1/128', 2),
      route('10.9.0.0/16', 2, { gateway: Buffer.from([192, 168, 1, 1]) }),
      route('10.8.0.0/16', 2, { table: 7 }),
    ];
    const networks = team.map((network) => parseNetwork(network, true));
    const parts = partsOf(networks, routes, () => links).map(networkText);
    expect(parts).toEqual(['10.5.0.0/24', '198.51.100.0/24', 'fd00:5::/64']);
    const unasked = () => {
      throw new Error('nothing to ask for');
    };
    expect(partsOf(networks, [route('203.0.113.0/24', 2)], unasked)).toEqual([]);
  });

  it('are attached to by the default route', () => {
    const gateway = Buffer.from([192, 168, 1, 1]);
    expect(defaultRouteOf([route('192.168.1.0/24', 2)])).toBeNull();
    expect(defaultRouteOf([route('0.0.0.0/0', 2, { gateway })])).toBe('2 c0a80101');
  });
});
