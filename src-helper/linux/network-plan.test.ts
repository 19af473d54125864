import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress, parseNetwork } from './netlink-message.ts';
import { contains, everyRule, hostOf, networkText, planNetwork, TUNNEL_MARK } from './network-plan.ts';

const key = 'A'.repeat(43);
const wg = (allowedIps: string[], endpoint = '192.0.2.2:51820') => ({
  clientPublicKey: key,
  serverPublicKey: key,
  presharedKey: key,
  endpoint,
  addresses: ['10.8.0.2/24', 'fd00::2/64'],
  allowedIps,
  dns: [],
  mtu: 1380,
  keepaliveSeconds: 0,
});
const shown = (plan: ReturnType<typeof planNetwork>) =>
  plan.routes.map(({ destination, table }) => `${networkText(destination)}${table ? ` table ${table}` : ''}`);

describe('network plan', () => {
  it('makes plain routes for networks, without their host bits and without repetition', () => {
    const plan = planNetwork(wg(['10.8.0.77/24', '10.8.0.0/24', 'fd00::99/64']), true);
    expect(shown(plan)).toEqual(['10.8.0.0/24', 'fd00::/64']);
    expect(plan.addresses.map(networkText)).toEqual(['10.8.0.2/24', 'fd00::2/64']);
    expect([plan.rules, plan.fwmark, plan.endpointToPin, plan.mtu]).toEqual([[], 0, null, 1380]);
  });

  it('puts default routes into a table of their own, with rules of each family', () => {
    const plan = planNetwork(wg(['0.0.0.0/0', '::/0']), true);
    expect(shown(plan)).toEqual([`0.0.0.0/0 table ${TUNNEL_MARK}`, `::/0 table ${TUNNEL_MARK}`]);
    expect(plan.fwmark).toBe(TUNNEL_MARK);
    expect(plan.rules).toEqual(everyRule);
    expect(plan.endpointToPin).toBeNull();
    expect(planNetwork(wg(['0.0.0.0/0']), true).rules.map(({ family }) => family)).toEqual([2, 2]);
  });

  it('pins the gateway when a network of the tunnel holds its address', () => {
    expect(planNetwork(wg(['192.0.0.0/16']), true).endpointToPin).toBe('192.0.2.2');
    expect(planNetwork(wg(['192.0.2.3/32', '0.0.0.0/0']), true).endpointToPin).toBeNull();
    expect(planNetwork(wg(['2001:db8::/32'], '[2001:db8::9]:1'), true).endpointToPin).toBe('2001:db8::9');
  });

  it('leaves IPv6 out where the system has none', () => {
    const plan = planNetwork(wg(['0.0.0.0/0', '::/0', 'fd00::/64']), false);
    expect([...plan.addresses, ...plan.rules, ...plan.routes.map((route) => route.destination)]).toSatisfy(
      (parts: { family: number }[]) => parts.every(({ family }) => family === 2),
    );
  });

  it('takes the address out of an endpoint', () => {
    expect([hostOf('192.0.2.1:5'), hostOf('[2001:db8::1]:5')]).toEqual(['192.0.2.1', '2001:db8::1']);
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
