import ipaddr from 'ipaddr.js';

/** The address without an IPv4-mapped prefix (`::ffff:192.0.2.1` → `192.0.2.1`) and without a zone (`fe80::1%eth0`). */
export function plainAddress(address: string): string {
  const [zoneless = ''] = address.split('%');
  return ipaddr.isValid(zoneless) ? ipaddr.process(zoneless).toString() : address;
}

/** A single address as a network of its own; a network stays. */
export function asNetwork(text: string): string {
  if (text.includes('/')) return text;
  return `${text}/${ipaddr.parse(text).kind() === 'ipv4' ? 32 : 128}`;
}

/** Whether the address lies in one of the networks (CIDR); IPv4-mapped addresses count as IPv4. */
export function isInNetworks(address: string, networks: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return networks.some((network) => {
    const [base, bits] = ipaddr.parseCIDR(network);
    return base.kind() === parsed.kind() && parsed.match([base, bits]);
  });
}

/** What one subscriber has: the address, or of IPv6 its /64. What is no address stays as it is. */
export function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`).toString()}/64`;
}
