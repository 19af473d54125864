import ipaddr from 'ipaddr.js';

/** Prefix lengths of the IPv6 network that a gateway's devices may have beside their IPv4 one. */
export const SUBNET6_BITS = { least: 64, most: 120 };

/** Host numbers in 24 bits are counted, also where a network has more. */
const MAX_HOST_BITS = 24;

/** How many bits of a network (CIDR) number its devices. */
export function hostBits(network: string): number {
  const [base, bits] = ipaddr.parseCIDR(network);
  return Math.min(base.toByteArray().length * 8 - bits, MAX_HOST_BITS);
}

/**
 * Why devices cannot have addresses of `subnet6` beside those of `subnet`, both in CIDR form; null: they can.
 * `twice`: `subnet` is IPv6 itself. `family`: it is not IPv6. `size`: not from /64 to /120. `range`: neither global
 * unicast nor unique local (RFC 4193), as link-local, multicast and documentation are. `room`: `subnet` numbers more
 * devices than fit, and a device has the same number in both.
 */
export function mistakeInSubnet6(
  subnet: string,
  subnet6: string,
): 'twice' | 'family' | 'size' | 'range' | 'room' | null {
  const [base, bits] = ipaddr.parseCIDR(subnet6);
  if (base.kind() !== 'ipv6') return 'family';
  if (ipaddr.parseCIDR(subnet)[0].kind() === 'ipv6') return 'twice';
  if (bits < SUBNET6_BITS.least || bits > SUBNET6_BITS.most) return 'size';
  if (!['unicast', 'uniqueLocal'].includes(ipaddr.parse(networkAddress(subnet6)).range())) return 'range';
  return hostBits(subnet6) < hostBits(subnet) ? 'room' : null;
}

/** The first address of a network in CIDR form. */
export function networkAddress(network: string): string {
  return ipaddr.IPv4.isValidCIDR(network)
    ? ipaddr.IPv4.networkAddressFromCIDR(network).toString()
    : ipaddr.IPv6.networkAddressFromCIDR(network).toString();
}

/** `fd00::7/64` → `fd00::/64`. */
export function canonicalNetwork(network: string): string {
  return `${networkAddress(network)}/${ipaddr.parseCIDR(network)[1]}`;
}

/** A unique local /64 out of 5 random bytes, its subnet 0 (RFC 4193 §3.2.1). */
export function uniqueLocalNetwork(globalId: Uint8Array): string {
  if (globalId.length !== 5) throw new RangeError(`expected 5 bytes, not ${globalId.length}`);
  return `${ipaddr.fromByteArray([0xfd, ...globalId, ...new Array<number>(10).fill(0)]).toString()}/64`;
}
