import type { Addressing, RoutedAddressing, Uplink } from './addressing.ts';
import { bridge, cable, inNetns, ipBatch, port, setKernelSettings } from './namespaces.ts';
import { relayLinks } from './relay.ts';
import { run } from './run.ts';

export interface RoutedOptions {
  hasRelay: boolean;
  blocksUdp: boolean;
  blocksVpn: boolean;
}

/**
 * A small internet: the laptop, with a container, on a home network behind a router with NAT and a stateful firewall,
 * a printer beside it; a core; the server (this host) and the gateways each on a network of their own behind the core; a café with
 * another router to roam to; the team's network behind the gateways, which the core does not know.
 */
export async function buildRoutedNetwork(
  plan: Addressing,
  routed: RoutedAddressing,
  options: RoutedOptions,
): Promise<void> {
  const { switchNetns, laptopNetns, targetNetns, gateways } = plan;
  const { coreNetns, lanNetns, boxNetns, uplinks } = routed;
  const routers = uplinks.map(({ netns }) => netns);
  const all = [coreNetns, lanNetns, boxNetns, ...routers, switchNetns, laptopNetns, targetNetns];
  all.push(...gateways.map(({ netns }) => netns));
  await ipBatch(
    null,
    all.map((netns) => `netns add ${netns}`),
  );
  for (const netns of all) await ipBatch(netns, ['link set lo up']);
  await buildCore(plan, routed);
  await buildHome(plan, routed, options.hasRelay);
  const [, cafe] = uplinks;
  await ipBatch(cafe.netns, [
    cable(laptopNetns, cafe.interface, 'lan'),
    `addr add ${cafe.router4}/24 dev lan`,
    `addr add ${cafe.router6}/64 dev lan nodad`,
    'link set lan up',
  ]);
  for (const uplink of uplinks) await buildRouter(uplink, options);
  await buildTeam(plan, routed);
  await ipBatch(laptopNetns, uplinkLines(uplinks[0]));
  await buildBox(laptopNetns, boxNetns);
}

/** Lines for `ipBatch` on the laptop: as DHCP and router advertisements would leave it. */
export function uplinkLines({ interface: name, laptop4, laptop6, router4, router6 }: Uplink): string[] {
  return [
    `link set ${name} addrgenmode none up`,
    `addr replace ${laptop4}/24 dev ${name}`,
    `addr replace ${laptop6}/64 dev ${name} nodad`,
    `route replace default via ${router4} dev ${name} metric 100`,
    `route replace ::/0 via ${router6} dev ${name} metric 100`,
  ];
}

async function buildCore(plan: Addressing, routed: RoutedAddressing): Promise<void> {
  const { coreNetns, uplinks } = routed;
  await ipBatch(null, [`link add ${plan.hostLink} type veth peer name server netns ${coreNetns}`]);
  await ipBatch(coreNetns, [
    `addr add ${routed.coreAtServer}/30 dev server`,
    'link set server up',
    `addr add ${routed.internet4}/32 dev lo`,
    `addr add ${routed.internet6}/128 dev lo nodad`,
    ...bridge('gateways'),
    `addr add ${routed.coreAtGateways}/26 dev gateways`,
    ...(routed.coreAtGateways6 ? [`addr add ${routed.coreAtGateways6}/64 dev gateways nodad`] : []),
    ...uplinks.flatMap(({ name, netns, wan, prefix6 }) => [
      cable(netns, 'wan', name),
      `addr add ${wan.core}/30 dev ${name}`,
      `addr add fe80::1/64 dev ${name} nodad`,
      `link set ${name} up`,
      `route add ${prefix6} via fe80::2 dev ${name}`,
    ]),
    ...plan.gateways.flatMap(({ netns, name }) => [cable(netns, 'outside', name), ...port(name, 'gateways')]),
  ]);
  await forwardBoth(coreNetns);
  await ipBatch(null, [
    `addr add ${plan.server}/30 dev ${plan.hostLink}`,
    `link set ${plan.hostLink} up`,
    `route add ${plan.outsideCidr} via ${routed.coreAtServer}`,
  ]);
}

async function buildHome(plan: Addressing, routed: RoutedAddressing, hasRelay: boolean): Promise<void> {
  const [home] = routed.uplinks;
  await ipBatch(routed.lanNetns, [
    ...bridge('lan'),
    `addr add ${routed.printer}/24 dev lan`,
    cable(plan.laptopNetns, home.interface, 'laptop'),
    ...(hasRelay ? relayLinks('lan') : port('laptop', 'lan')),
    cable(home.netns, 'lan', 'router'),
    ...port('router', 'lan'),
  ]);
  await ipBatch(home.netns, [
    `addr add ${home.router4}/24 dev lan`,
    `addr add ${home.router6}/64 dev lan nodad`,
    'link set lan up',
  ]);
}

/** A container as Docker makes them: behind a bridge of the laptop, which forwards for it and lends it its address. */
async function buildBox(laptopNetns: string, boxNetns: string): Promise<void> {
  await ipBatch(laptopNetns, [
    ...bridge('box0'),
    'addr add 172.30.0.1/24 dev box0',
    'addr add fd30::1/64 dev box0 nodad',
    cable(boxNetns, 'eth0', 'box'),
    ...port('box', 'box0'),
  ]);
  await ipBatch(boxNetns, [
    'addr add 172.30.0.2/24 dev eth0',
    'addr add fd30::2/64 dev eth0 nodad',
    'link set eth0 up',
    'route add default via 172.30.0.1',
    'route add ::/0 via fd30::1',
  ]);
  await forwardBoth(laptopNetns);
  await applyNft(
    laptopNetns,
    'table inet box { chain nat { type nat hook postrouting priority srcnat; iifname "box0" oifname != "box0" masquerade; }; }',
  );
}

async function buildRouter(
  { netns, wan }: Uplink,
  { blocksUdp, blocksVpn }: Pick<RoutedOptions, 'blocksUdp' | 'blocksVpn'>,
): Promise<void> {
  await ipBatch(netns, [
    `addr add ${wan.router}/30 dev wan`,
    'addr add fe80::2/64 dev wan nodad',
    'link set wan up',
    `route add default via ${wan.core}`,
    'route add ::/0 via fe80::1 dev wan',
  ]);
  await forwardBoth(netns);
  await applyNft(netns, ROUTER_RULES);
  if (blocksUdp) await applyNft(netns, blockUdp(true));
  if (blocksVpn) await applyNft(netns, blockVpn(true));
}

/** A home router: NAT for IPv4, nothing comes in that was not asked for. Counters per kind of destination. */
const ROUTER_RULES = `
table inet router {
  counter from_lan { }
  counter from_lan_udp { }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "lan" accept
  }
  chain count {
    type filter hook forward priority filter - 1; policy accept;
    iifname "lan" counter name "from_lan"
    iifname "lan" meta l4proto udp counter name "from_lan_udp"
  }
  chain nat {
    type nat hook postrouting priority srcnat; policy accept;
    meta nfproto ipv4 oifname "wan" masquerade
  }
}
`;

/** Text for `nft`: a network that lets no UDP out, as some hotels' do. Sessions that are there end as well. */
export function blockUdp(isOn: boolean): string {
  return blockTable('router_udp', isOn, ['meta l4proto udp drop']);
}

/** The same for a network that lets out what looks like names and web pages, and no other UDP. */
export function blockVpn(isOn: boolean): string {
  return blockTable('router_vpn', isOn, ['udp sport != { 53, 443 } udp dport != { 53, 443 } drop']);
}

/** The same for one whose resolver is dead: questions are not answered, and not refused either. */
export function blockNames(isOn: boolean): string {
  const rule = 'iifname "lan" meta l4proto { tcp, udp } th dport 53 drop';
  return blockTable('router_names', isOn, [rule], ['forward', 'input']);
}

function blockTable(
  name: string,
  isOn: boolean,
  rules: readonly string[],
  hooks: readonly string[] = ['forward'],
): string {
  const chains = hooks.map((hook) => {
    const kind = `type filter hook ${hook} priority filter - 2; policy accept;`;
    return `  chain ${hook} {\n    ${[kind, ...rules].join('\n    ')}\n  }\n`;
  });
  const table = isOn ? `table inet ${name} {\n${chains.join('')}}\n` : '';
  return `table inet ${name}\ndelete table inet ${name}\n${table}`;
}

export async function applyNft(netns: string, input: string): Promise<void> {
  const [file = '', ...args] = inNetns(netns, ['nft', '-f', '-']);
  await run(file, args, { input });
}

async function buildTeam(plan: Addressing, routed: RoutedAddressing): Promise<void> {
  const { switchNetns, targetNetns, gateways } = plan;
  await ipBatch(switchNetns, [
    ...bridge('inside'),
    cable(targetNetns, 'eth0', 'target'),
    ...port('target', 'inside'),
    ...gateways.flatMap(({ netns, name }) => [cable(netns, 'inside', name), ...port(name, 'inside')]),
  ]);
  for (const { netns, outside, inside, second } of gateways)
    await ipBatch(netns, [
      `addr add ${outside}/26 dev outside`,
      `addr add ${inside}/24 dev inside`,
      'link set outside up',
      'link set inside up',
      `route add default via ${routed.coreAtGateways}`,
      ...(second
        ? [
            `addr add ${second.outside}/64 dev outside nodad`,
            `addr add ${second.inside}/64 dev inside nodad`,
            `route add ::/0 via ${routed.coreAtGateways6}`,
          ]
        : []),
    ]);
  await ipBatch(targetNetns, [
    `addr add ${plan.target}/24 dev eth0`,
    ...(plan.second ? [`addr add ${plan.second.target}/64 dev eth0 nodad`] : []),
    'link set eth0 up',
    ...gateways.map(({ tunnelSubnet, inside }) => `route add ${tunnelSubnet} via ${inside}`),
    ...gateways.flatMap(({ second }) =>
      second ? [`route add ${second.tunnelSubnet} via ${second.inside}`] : [],
    ),
  ]);
}

async function forwardBoth(netns: string): Promise<void> {
  await setKernelSettings(netns, { 'net/ipv4/ip_forward': '1', 'net/ipv6/conf/all/forwarding': '1' });
}
