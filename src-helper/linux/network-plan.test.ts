import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AF_INET, parseAddress, parseNetwork, RT_TABLE_MAIN } from './netlink-message.ts';
import { contains, networkText, planNetwork, planRoutes, TUNNEL_MARK } from './network-plan.ts';

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
const route = (cidr: string, via: number, table = RT_TABLE_MAIN) => ({
  destination: parseNetwork(cidr, true),
  via,
  table,
});
const priorities = (plan: ReturnType<typeof planNetwork>) =>
  plan.rules.map(({ family, priority }) => [family, TUNNEL_MARK - priority]);

describe('network plan', () => {
  it('takes networks without their host bits and without repetition', () => {
    const plan = planNetwork(lease(['10.8.0.77/24', '10.8.0.0/24', 'fd00::99/64']), true);
    expect(plan.networks.map(networkText)).toEqual(['10.8.0.0/24', 'fd00::/64']);
    expect(plan.addresses.map(networkText)).toEqual(['10.8.0.2/24', 'fd00::2/64']);
    expect([plan.isGatewayInside, plan.mtu]).toEqual([false, 1380]);
  });

  it('asks the main table for something longer, then the tunnel for this length, longest length first', () => {
    const plan = planNetwork(lease(['0.0.0.0/0', '10.0.0.0/8', '10.20.0.0/16', '10.30.0.0/16']), true);
    expect(priorities(plan)).toEqual([
      [AF_INET, 1],
      [AF_INET, 0],
      [AF_INET, 17],
      [AF_INET, 16],
      [AF_INET, 33],
      [AF_INET, 32],
    ]);
    expect(plan.rules.slice(0, 4)).toMatchObject([
      { table: RT_TABLE_MAIN, suppressPrefixLength: 0 },
      { table: TUNNEL_MARK, invertMark: TUNNEL_MARK },
      { table: RT_TABLE_MAIN, suppressPrefixLength: 8 },
      { table: TUNNEL_MARK, invertMark: TUNNEL_MARK, suppressPrefixLength: 7 },
    ]);
    expect(plan.rules[1]).not.toHaveProperty('suppressPrefixLength');
  });

  it('asks the main table first for TCP to a server that the tunnel would swallow, and for no other', () => {
    const control = ['203.0.113.5:443', '[2001:db8::5]:8443', '198.51.100.1:443'];
    const inside = (allowedIps: string[], hasIpv6 = true) =>
      planNetwork(lease(allowedIps, { control }), hasIpv6).rules.flatMap(({ tcpTo, priority, table }) =>
        tcpTo ? [[networkText(tcpTo.address), tcpTo.port, table, priority < TUNNEL_MARK - 2 * 128]] : [],
      );
    // Without a way in the main table there is none: never the tunnel instead.
    expect(inside(['203.0.113.0/24', '::/0'])).toEqual([
      ['203.0.113.5/32', 443, RT_TABLE_MAIN, true],
      ['203.0.113.5/32', 443, null, true],
      ['2001:db8::5/128', 8443, RT_TABLE_MAIN, true],
      ['2001:db8::5/128', 8443, null, true],
    ]);
    expect(inside(['0.0.0.0/1', '::/0'], false)).toEqual([]);
    expect(inside(['203.0.113.4/32'])).toEqual([]);
  });

  it('says whether the gateway answers from inside its own networks', () => {
    expect(planNetwork(lease(['192.0.0.0/16']), true).isGatewayInside).toBe(true);
    expect(planNetwork(lease(['192.0.2.3/32']), true).isGatewayInside).toBe(false);
    expect(planNetwork(lease(['::/0'], { endpoint: '[2001:db8::9]:1' }), true).isGatewayInside).toBe(true);
  });

  it('leaves a network to the one that this computer is on, whatever interface has it, and names it', () => {
    const plan = planNetwork(lease(['192.168.0.0/24', '10.20.0.0/16', '0.0.0.0/0']), true);
    const listed = [
      route('192.168.0.0/24', 2),
      route('0.0.0.0/0', 2),
      route('10.20.0.0/16', 9),
      route('10.20.0.0/16', 3, 77),
    ];
    const { routes, overlaps } = planRoutes(plan, listed, 9);
    expect(overlaps).toEqual(['192.168.0.0/24']);
    expect(routes.map(({ via, table }) => [via, table])).toEqual([
      ['throw', TUNNEL_MARK],
      [9, TUNNEL_MARK],
      [9, TUNNEL_MARK],
    ]);
  });

  it('has no way for a family in which the tunnel has no address', () => {
    const plan = planNetwork(lease(['0.0.0.0/0', '::/0', 'fd00::/64']), true);
    const addresses = plan.addresses.filter(({ family }) => family === AF_INET);
    const { routes } = planRoutes({ ...plan, addresses }, [], 9);
    expect(routes.map(({ via }) => via)).toEqual([9, 'unreachable', 'unreachable']);
  });

  it('leaves IPv6 out where the system has none', () => {
    const plan = planNetwork(lease(['0.0.0.0/0', '::/0', 'fd00::/64']), false);
    expect([...plan.addresses, ...plan.rules, ...plan.networks]).toSatisfy((parts: { family: number }[]) =>
      parts.every(({ family }) => family === AF_INET),
    );
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
