import type { Addressing } from './addressing.ts';
import { bridge, cable, ipBatch, port, setKernelSettings } from './namespaces.ts';
import { relayLinks } from './relay.ts';
import { run } from './run.ts';

/**
 * Two networks, both switched in a namespace of their own, so that no firewall of the host sees what passes
 * between laptop and gateway: `outside` joins host (server), laptop and gateways; `inside` joins gateways and target.
 * With `hasRelay` the laptop hangs on `laptop` and the bridge on `relay-b`; the delaying relay joins them.
 */
export async function buildFlatNetwork(plan: Addressing, hasRelay: boolean): Promise<void> {
  const { switchNetns, laptopNetns, targetNetns, hostLink, gateways } = plan;
  const all = [switchNetns, laptopNetns, targetNetns, ...gateways.map((gateway) => gateway.netns)];
  await ipBatch(
    null,
    all.map((netns) => `netns add ${netns}`),
  );
  for (const netns of all) await ipBatch(netns, ['link set lo up']);

  await ipBatch(null, [`link add ${hostLink} type veth peer name host netns ${switchNetns}`]);
  await ipBatch(switchNetns, [
    ...['outside', 'inside'].flatMap(bridge),
    ...port('host', 'outside'),
    cable(laptopNetns, 'eth0', 'laptop'),
    cable(targetNetns, 'eth0', 'target'),
    ...port('target', 'inside'),
    ...(hasRelay ? relayLinks('outside') : port('laptop', 'outside')),
    ...gateways.flatMap(({ netns, name }) => [
      cable(netns, 'outside', `${name}-out`),
      cable(netns, 'inside', `${name}-in`),
      ...port(`${name}-out`, 'outside'),
      ...port(`${name}-in`, 'inside'),
    ]),
  ]);

  await ipBatch(null, [`addr add ${plan.server}/24 dev ${hostLink}`, `link set ${hostLink} up`]);
  await ipBatch(laptopNetns, [`addr add ${plan.laptop}/24 dev eth0`, 'link set eth0 up']);
  for (const gateway of gateways) {
    await ipBatch(gateway.netns, [
      `addr add ${gateway.outside}/24 dev outside`,
      `addr add ${gateway.inside}/24 dev inside`,
      'link set outside up',
      'link set inside up',
    ]);
    await letOnlyTheTunnelThrough(gateway.netns);
  }
  await ipBatch(targetNetns, [
    `addr add ${plan.target}/24 dev eth0`,
    'link set eth0 up',
    ...gateways.map(({ tunnelSubnet, inside }) => `route add ${tunnelSubnet} via ${inside}`),
  ]);
}

/**
 * The gateway forwards what comes out of the tunnel, and answers; what arrives on `outside` goes no further, even
 * when someone on the laptop adds a route by hand.
 */
async function letOnlyTheTunnelThrough(netns: string): Promise<void> {
  await setKernelSettings(netns, {
    'net/ipv4/ip_forward': '1',
    'net/ipv4/conf/default/forwarding': '1',
    'net/ipv4/conf/outside/forwarding': '0',
  });
  await run('ip', ['-n', netns, 'rule', 'add', 'pref', '10', 'iif', 'outside', 'prohibit']);
}
