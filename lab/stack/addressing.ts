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
  gateways: GatewayAddressing[];
}

export function addressing(number: number, gatewayCount: number): Addressing {
  const prefix = `pst${number}`;
  const gateways = Array.from({ length: gatewayCount }, (_, index): GatewayAddressing => {
    const outside = `10.213.${number}.${11 + index}`;
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
    laptop: `10.213.${number}.2`,
    target,
    targetUrl: `http://${target}/`,
    gateways,
  };
}
