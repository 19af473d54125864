import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  parseAddress,
  parseNetwork,
  type Route,
  RT_TABLE_MAIN,
} from './netlink-message.ts';
import {
  contains,
  type Ipv6,
  networkText,
  overlapsOf,
  planNetwork,
  planRoutes,
  preferMain,
  TUNNEL_MARK,
} from './network-plan.ts';

const key = 'A'.repeat(43);
const lease = (allowedIps: string[], { endpoint = '192.0.2.2:51820', control = [] as string[] } = {}) => ({
  control,
  wg: {
    clientPublicKey: key,
    serverPublicKey: key,
    presharedKey: key,
    endpoint,
    addresses: ['10.8.0.2/24', 'fd00::2/64'],
    allowedIps,
    dns: [],
    mtu: 1380,
    keepaliveSeconds: 0,
  },
});
const route = (cidr: string, via: Route['via'], table = RT_TABLE_MAIN) => ({
  destination: parseNetwork(cidr, true),
  via,
  table,
});
const priorities = (plan: ReturnType<typeof planNetwork>) =>
  plan.rules.map(({ family, priority }) => [family, TUNNEL_MARK - priority]);

describe('network plan', () => {
  it('takes networks without their host bits and without repetition', () => {
    const plan = planNetwork(lease(['10.8.0.77/24', '10.8.0.0/24', 'fd00::99/64']), 'here');
    expect(plan.networks.map(networkText)).toEqual(['10.8.0.0/24', 'fd00::/64']);
    expect(plan.addresses.map(networkText)).toEqual(['10.8.0.2/24', 'fd00::2/64']);
    expect([plan.isGatewayInside, plan.mtu]).toEqual([false, 1380]);
  });

  it('asks the main table for something longer, then the tunnel for this length, longest length first', () => {
    const plan = planNetwork(lease(['0.0.0.0/0', '10.0.0.0/8', '10.20.0.0/16', '10.30.0.0/16']), 'here');
    expect(priorities(plan)).toEqual([
      [AF_INET, 1],
      [AF_INET, 0],
      [AF_INET, 17],
      [AF_INET, 16],
      [AF_INET, 33],
      [AF_INET, 32],
    ]);
    expect(plan.rules.slice(0, 4)).toMatchObject([
      { action: { table: RT_TABLE_MAIN }, suppressPrefixLength: 0 },
      { action: { table: TUNNEL_MARK }, invertMark: TUNNEL_MARK },
      { action: { table: RT_TABLE_MAIN }, suppressPrefixLength: 8 },
      { action: { table: TUNNEL_MARK }, invertMark: TUNNEL_MARK, suppressPrefixLength: 7 },
    ]);
    expect(plan.rules[1]).not.toHaveProperty('suppressPrefixLength');
  });

  it('sends TCP to a server that the tunnel would swallow past all of it, and nothing else', () => {
    const control = ['203.0.113.5:443', '[2001:db8::5]:8443', '198.51.100.1:443'];
    const rules = (allowedIps: string[], ipv6: Ipv6 = 'here') =>
      planNetwork(lease(allowedIps, { control }), ipv6).rules;
    const past = TUNNEL_MARK + 1;
    const both = rules(['203.0.113.0/24', '::/0']);
    expect(
      both.flatMap(({ to, tcpPort, action }) => (to ? [[networkText(to), tcpPort, action]] : [])),
    ).toEqual([
      ['203.0.113.5/32', 443, { goto: past }],
      ['2001:db8::5/128', 8443, { goto: past }],
    ]);
    // Before every other rule; the one that it goes on with comes after all of them, and finds nothing.
    const [first] = both;
    expect(both.filter(({ priority }) => priority === first?.priority)).toHaveLength(2);
    expect(Math.min(...both.map(({ priority }) => priority))).toBe(first?.priority);
    expect(first?.priority).toBeLessThan(TUNNEL_MARK - 2 * 128 - 1);
    const target = both.filter(({ priority }) => priority === past);
    expect(target).toEqual(
      [AF_INET, AF_INET6].map((family) => ({ family, priority: past, action: { table: past } })),
    );
    expect(Math.max(...both.map(({ priority }) => priority))).toBe(past);
    for (const none of [rules(['0.0.0.0/1', '::/0'], 'none'), rules(['203.0.113.4/32'])])
      expect(none.filter(({ to, priority }) => to !== undefined || priority === past)).toEqual([]);
  });

  it('says whether the gateway answers from inside its own networks', () => {
    expect(planNetwork(lease(['192.0.0.0/16']), 'here').isGatewayInside).toBe(true);
    expect(planNetwork(lease(['192.0.2.3/32']), 'here').isGatewayInside).toBe(false);
    expect(planNetwork(lease(['::/0'], { endpoint: '[2001:db8::9]:1' }), 'here').isGatewayInside).toBe(true);
  });

  it('asks the main table first about a network that this computer is on, and names it', () => {
    const { networks } = planNetwork(lease(['192.168.0.0/24', '10.20.0.0/16', '0.0.0.0/0']), 'here');
    const listed = [
      route('192.168.0.0/24', 2),
      route('0.0.0.0/0', 2),
      route('10.20.0.0/16', 3, 77),
      route('10.20.0.0/16', 'unreachable'),
    ];
    const overlaps = overlapsOf(networks, listed);
    expect(overlaps.map(networkText)).toEqual(['192.168.0.0/24']);
    const [rule] = preferMain(overlaps);
    expect(rule).toMatchObject({
      action: { table: RT_TABLE_MAIN },
      to: overlaps[0],
      suppressPrefixLength: 23,
    });
    // Before the tunnel's table is asked for the same length, and not before that of a longer one.
    expect(rule?.priority).toBeLessThan(TUNNEL_MARK - 2 * 24);
    expect(rule?.priority).toBeGreaterThan(TUNNEL_MARK - 2 * 25);
  });

  it('has no way for a family in which the tunnel has no address', () => {
    const plan = planNetwork(lease(['0.0.0.0/0', '::/0', 'fd00::/64']), 'here');
    const addresses = plan.addresses.filter(({ family }) => family === AF_INET);
    const routes = planRoutes({ ...plan, addresses }, 9);
    expect(routes.map(({ via }) => via)).toEqual([9, 'unreachable', 'unreachable']);
    expect(routes.every(({ table }) => table === TUNNEL_MARK)).toBe(true);
  });

  it('leaves IPv6 out where the kernel has none, and lets none past the tunnel where others have it', () => {
    const networks = ['0.0.0.0/0', '::/0', 'fd00::/64'];
    const none = planNetwork(lease(networks), 'none');
    const families = [...none.addresses, ...none.rules, ...none.networks].map(({ family }) => family);
    expect(new Set(families)).toEqual(new Set([AF_INET]));
    const elsewhere = planNetwork(lease(networks), 'elsewhere');
    expect(elsewhere.addresses.map(({ family }) => family)).toEqual([AF_INET]);
    expect(planRoutes(elsewhere, 9).map(({ via }) => via)).toEqual([9, 'unreachable', 'unreachable']);
    expect(elsewhere.rules).toEqual(planNetwork(lease(networks), 'here').rules);
  });

  it('finds every address of a network inside it, and none that differs within the prefix', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 1, max: 32 }), fc.nat(31), (address, prefixLength, flip) => {
        const network = parseNetwork(`${address}/${prefixLength}`, true);
        const other = parseAddress(address);
        expect(contains(network, other)).toBe(true);
        const index = flip >> 3;
        other.bytes[index] = (other.bytes[index] ?? 0) ^ (0x80 >> (flip & 7));
        expect(contains(network, other)).toBe(flip >= prefixLength);
      }),
    );
  });
});
