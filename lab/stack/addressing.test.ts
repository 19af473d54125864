import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { addressing, MAX_GATEWAYS, MAX_STACKS, type NetKind } from './addressing.ts';

const all = (net: NetKind) =>
  Array.from({ length: MAX_STACKS }, (_, number) => addressing(number, MAX_GATEWAYS, { net }));

describe.each(['flat', 'routed'] as const)('addressing of the %s network', (net) => {
  const stacks = all(net);

  it('gives every stack names and networks of its own', () => {
    const names = stacks.flatMap((plan) => [
      plan.hostLink,
      plan.switchNetns,
      plan.laptopNetns,
      plan.targetNetns,
      ...plan.gateways.map(({ netns }) => netns),
      ...(plan.routed ? [plan.routed.coreNetns, plan.routed.lanNetns] : []),
      ...(plan.routed?.uplinks.map(({ netns }) => netns) ?? []),
    ]);
    expect(new Set(names).size).toBe(names.length);
    const networks = stacks.flatMap((plan) => [
      plan.outsideCidr,
      plan.insideCidr,
      ...plan.gateways.map(({ tunnelSubnet }) => tunnelSubnet),
    ]);
    const ranges = networks
      .map((network) => [first(network), last(network)] as const)
      .sort((one, other) => one[0] - other[0]);
    for (const [index, [begin]] of ranges.entries()) {
      if (index > 0) expect(begin).toBeGreaterThan(ranges[index - 1]?.[1] ?? 0);
    }
  });

  it('gives a second family to tunnels and what is behind them, no network twice', () => {
    const plans = stacks.map(({ number }) => addressing(number, MAX_GATEWAYS, { net, hasIpv6: true }));
    const networks = plans.flatMap(({ second, gateways }) => [
      second?.insideCidr ?? '',
      ...gateways.map((gateway) => gateway.second?.tunnelSubnet ?? ''),
    ]);
    const distinct = networks.map((network) => ipaddr.IPv6.networkAddressFromCIDR(network).toString());
    expect(new Set(distinct).size).toBe(MAX_STACKS * (MAX_GATEWAYS + 1));
    for (const { second, gateways } of plans)
      for (const address of [second?.target, ...gateways.map((gateway) => gateway.second?.inside)])
        expect(ipaddr.IPv6.parse(address ?? '').match(ipaddr.IPv6.parseCIDR(second?.insideCidr ?? ''))).toBe(
          true,
        );
    expect(stacks.some(({ second }) => second !== null)).toBe(false);
  });

  it('keeps interface names within the 15 bytes that the kernel allows', () => {
    const links = stacks.flatMap((plan) => [
      plan.hostLink,
      plan.laptopInterface,
      ...plan.gateways.map(({ interfaceName }) => interfaceName),
    ]);
    for (const link of links) expect(Buffer.byteLength(link)).toBeLessThanOrEqual(15);
  });

  it('starts every network at its own first address', () => {
    for (const { gateways } of stacks)
      for (const { tunnelSubnet } of gateways)
        expect(ipaddr.IPv4.networkAddressFromCIDR(tunnelSubnet).toString()).toBe(tunnelSubnet.split('/')[0]);
  });
});

const toNumber = (address: ipaddr.IPv4): number =>
  address.toByteArray().reduce((total, byte) => total * 256 + byte, 0);
const first = (network: string): number => toNumber(ipaddr.IPv4.networkAddressFromCIDR(network));
const last = (network: string): number => toNumber(ipaddr.IPv4.broadcastAddressFromCIDR(network));
