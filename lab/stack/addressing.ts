export const MAX_STACKS = 64;
export const MAX_GATEWAYS = 16;
export const ECHO_PORT = 9007;
const WIREGUARD_PORT = 51_820;

export interface GatewayAddressing {
  name: string;
  netns: string;
  /** WireGuard interface; unique on the machine because wireguard-go's sockets share one folder. */
  interfaceName: string;
  /** On the network between laptop, server and gateways. */
  outside: string;
  /** On the network of the target. */
  inside: string;
  listenPort: number;
  endpoint: string;
  /** Addresses inside the tunnel: 1021 devices. */
  tunnelSubnet: string;
  /** The gateway's own, CIDR. */
  tunnelAddress: string;
  /** The second family; null: it has none. */
  second: {
    outside: string;
    inside: string;
    tunnelSubnet: string;
  } | null;
}

/** `flat`: laptop, server and gateways on one link. `routed`: each behind a router, the laptop behind one with NAT. */
export type NetKind = 'flat' | 'routed';

/** One way of the laptop into the world: a router with NAT and a stateful firewall, and the network behind it. */
export interface Uplink {
  name: 'home' | 'cafe';
  netns: string;
  /** The laptop's. */
  interface: string;
  prefix4: string;
  prefix6: string;
  router4: string;
  router6: string;
  laptop4: string;
  laptop6: string;
  /** Between router and core, both on a /30. */
  wan: { router: string; core: string };
}

/** What only the routed network has. */
export interface RoutedAddressing {
  coreNetns: string;
  /** The switch of the home network, and the printer on it. */
  lanNetns: string;
  printer: string;
  /** What the laptop forwards for, as for a container: behind a bridge of its own. */
  boxNetns: string;
  uplinks: [Uplink, Uplink];
  /** The core's end of the server's and of the gateways' network. */
  coreAtServer: string;
  coreAtGateways: string;
  /** The same in IPv6; null: only the laptop has any. */
  coreAtGateways6: string | null;
  /** A host in the internet, in the core's namespace. */
  internet4: string;
  internet6: string;
}

/** Every name and address of stack number N (0 to 63), so that several stacks run side by side. */
export interface Addressing {
  number: number;
  prefix: string;
  /** Link of the host into the outside network. */
  hostLink: string;
  switchNetns: string;
  laptopNetns: string;
  laptopInterface: string;
  targetNetns: string;
  outsideCidr: string;
  insideCidr: string;
  server: string;
  laptop: string;
  target: string;
  targetUrl: string;
  /** The second family behind the gateways; null: there is none. */
  second: { insideCidr: string; target: string; targetUrl: string } | null;
  gateways: GatewayAddressing[];
  /** Null on the flat network. */
  routed: RoutedAddressing | null;
}

export interface AddressingOptions {
  net?: NetKind;
  /** The home network has the addresses of the network behind the gateways. */
  hasOverlap?: boolean;
  /** Tunnels, and what is behind the gateways, have IPv6 as well. */
  hasIpv6?: boolean;
}

export function addressing(
  number: number,
  gatewayCount: number,
  { net = 'flat', hasOverlap = false, hasIpv6 = false }: AddressingOptions = {},
): Addressing {
  const prefix = `pst${number}`;
  const routed = net === 'routed' ? routedAddressing(number, prefix, hasOverlap, hasIpv6) : null;
  const gateways = Array.from({ length: gatewayCount }, (_, index): GatewayAddressing => {
    const outside = `10.213.${number}.${(routed ? FIRST_ROUTED_GATEWAY : 11) + index}`;
    const tunnel = `10.${86 + index}.${number * 4}`;
    return {
      name: `gw${index + 1}`,
      netns: `${prefix}-gw${index + 1}`,
      interfaceName: `${prefix}-gw${index + 1}`,
      outside,
      inside: `10.214.${number}.${11 + index}`,
      listenPort: WIREGUARD_PORT,
      endpoint: `${outside}:${WIREGUARD_PORT}`,
      tunnelSubnet: `${tunnel}.0/22`,
      tunnelAddress: `${tunnel}.1/22`,
      second: hasIpv6
        ? {
            outside: `${outside6(number)}${11 + index}`,
            inside: `${inside6(number)}${11 + index}`,
            tunnelSubnet: `fd86:${index + 1}:${number + 1}::/64`,
          }
        : null,
    };
  });
  const target = `10.214.${number}.1`;
  return {
    number,
    prefix,
    hostLink: `${prefix}-host`,
    switchNetns: `${prefix}-switch`,
    laptopNetns: `${prefix}-laptop`,
    laptopInterface: `${prefix}-laptop`,
    targetNetns: `${prefix}-target`,
    outsideCidr: `10.213.${number}.0/24`,
    insideCidr: `10.214.${number}.0/24`,
    server: `10.213.${number}.1`,
    laptop: routed?.uplinks[0].laptop4 ?? `10.213.${number}.2`,
    target,
    targetUrl: `http://${target}/`,
    second: hasIpv6
      ? {
          insideCidr: `${inside6(number)}/64`,
          target: `${inside6(number)}1`,
          targetUrl: `http://[${inside6(number)}1]/`,
        }
      : null,
    gateways,
    routed,
  };
}

const FIRST_ROUTED_GATEWAY = 66;
/** Networks of 64 bits, without their last part. */
const outside6 = (number: number): string => `fd13:${number + 1}::`;
const inside6 = (number: number): string => `fd14:${number + 1}::`;

/** The networks behind the routers are seen by nobody else, so they are the same in every stack. */
function routedAddressing(
  number: number,
  prefix: string,
  hasOverlap: boolean,
  hasIpv6: boolean,
): RoutedAddressing {
  const outside = (host: number) => `10.213.${number}.${host}`;
  const home = hasOverlap ? `10.214.${number}` : '192.168.77';
  const uplink = (name: Uplink['name'], lan: string, index: number): Uplink => ({
    name,
    netns: `${prefix}-${name}`,
    interface: `eth${index}`,
    prefix4: `${lan}.0/24`,
    prefix6: `2001:db8:${name === 'home' ? 77 : 88}::/64`,
    router4: `${lan}.254`,
    router6: `2001:db8:${name === 'home' ? 77 : 88}::fe`,
    laptop4: `${lan}.20`,
    laptop6: `2001:db8:${name === 'home' ? 77 : 88}::20`,
    wan: { router: outside(6 + 4 * index), core: outside(5 + 4 * index) },
  });
  return {
    coreNetns: `${prefix}-core`,
    lanNetns: `${prefix}-lan`,
    printer: `${home}.30`,
    boxNetns: `${prefix}-box`,
    uplinks: [uplink('home', home, 0), uplink('cafe', '192.168.88', 1)],
    coreAtServer: outside(2),
    coreAtGateways: outside(65),
    coreAtGateways6: hasIpv6 ? `${outside6(number)}1` : null,
    internet4: outside(200),
    internet6: '2001:db8:200::200',
  };
}
