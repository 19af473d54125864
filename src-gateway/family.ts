import { isIPv6, SocketAddress } from 'node:net';

export type Family = 'ipv4' | 'ipv6';
export const FAMILIES = ['ipv4', 'ipv6'] as const satisfies readonly Family[];

/** Of an address or a network. */
export function familyOf(address: string): Family {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/** As people write it. */
export const familyName = { ipv4: 'IPv4', ipv6: 'IPv6' } as const satisfies Record<Family, string>;

export interface Prefix {
  /** In its shortest form, as the kernel prints it. */
  address: string;
  length: number;
}

/** `fd00:0::1/64` → `fd00::1` and 64; without a length all of it counts. */
export function prefixOf(cidr: string): Prefix {
  const [address = '', length] = cidr.split('/');
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  return {
    address: new SocketAddress({ address, family }).address,
    length: length === undefined ? (family === 'ipv6' ? 128 : 32) : Number(length),
  };
}
