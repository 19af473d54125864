import ipaddr from 'ipaddr.js';
import * as z from 'zod';
import { withoutUnseen } from './typed-text.ts';

/**
 * An address in any form that programs and people write → its canonical one: brackets and a zone (`[fe80::1%eth0]`) are
 * taken away, an IPv4-mapped one (`::ffff:192.0.2.1`) is the IPv4 address. Null for what is none: octal and short forms
 * of IPv4 (`010.0.0.1`, `10.1`), which mean different addresses to different programs, are none either.
 */
export function readAddress(typed: string): string | null {
  const text = tidy(typed).replace(/^\[(.*)\]$/, '$1');
  const bare = text.includes(':') ? text.replace(/%[^/]*$/, '') : text;
  return isAddress(bare) ? ipaddr.process(bare).toString() : null;
}

/**
 * A network with its prefix length → the same with the bits behind it cleared (`10.1.2.3/8` is 10.0.0.0/8), also with a
 * netmask, brackets, a zone, or IPv4-mapped (`::ffff:10.0.0.0/104`). Null for what is none, single addresses among it.
 */
export function readNetwork(typed: string): string | null {
  const [, base = '', bits = ''] = /^(.+?)\s*\/\s*([\d.]+)\]?$/.exec(tidy(typed).replace(/^\[/, '')) ?? [];
  const bare = base.replace(/%.*$/, '').replace(/\]$/, '');
  if (!isAddress(bare)) return null;
  const address = ipaddr.parse(bare);
  const length = prefixLength(bits);
  const isMapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress();
  if (length === null || length > (address.kind() === 'ipv4' ? 32 : 128)) return null;
  if (isMapped && length < 96) return null;
  if (address instanceof ipaddr.IPv6 && isMapped)
    return masked(address.toIPv4Address().toString(), length - 96);
  return address.kind() === 'ipv6' && bits.includes('.') ? null : masked(bare, length);
}

/** A network, or a single address as a network of its own; null for what is neither. */
export function readAddressOrNetwork(typed: string): string | null {
  const address = readAddress(typed);
  if (address === null) return readNetwork(typed);
  return `${address}/${address.includes(':') ? 128 : 32}`;
}

function prefixLength(text: string): number | null {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  return z.ipv4().safeParse(text).success ? ipaddr.IPv4.parse(text).prefixLengthFromSubnetMask() : null;
}

function masked(address: string, length: number): string {
  const cidr = `${address}/${length}`;
  const network = address.includes(':')
    ? ipaddr.IPv6.networkAddressFromCIDR(cidr)
    : ipaddr.IPv4.networkAddressFromCIDR(cidr);
  return `${network.toString()}/${length}`;
}

const tidy = (text: string) => withoutUnseen(text.normalize('NFKC')).trim();
const isAddress = (text: string) => z.union([z.ipv4(), z.ipv6()]).safeParse(text).success;

/** What `read` makes of a typed text, as a schema; `expected` is what to write instead. */
function typed(read: (text: string) => string | null, expected: string) {
  return z
    .string()
    .max(200)
    .transform((text, context) => {
      const value = read(text);
      if (value !== null) return value;
      context.addIssue({ code: 'custom', message: expected });
      return z.NEVER;
    });
}

export const typedAddress = typed(readAddress, 'expected an IP address, such as 10.0.0.53 or fd00::53');
export const typedNetwork = typed(
  readNetwork,
  'expected a network with its prefix length, such as 10.86.0.0/22 or fd00::/64',
);
export const typedAddressOrNetwork = typed(
  readAddressOrNetwork,
  'expected an address or a network, such as 192.0.2.1 or 10.0.0.0/8',
);
