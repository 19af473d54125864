import * as z from 'zod';

/** UUIDv7 in its canonical lower-case form (RFC 9562 §5.7). Any version parses: ids are opaque to the reader. */
export const id = z.uuid().toLowerCase();

/** Instant as ISO 8601 in UTC, e.g. `2026-11-21T19:32:00.000Z`. */
export const isoTime = z.iso.datetime();

/** Binary as base64url without padding (RFC 4648 §5). */
export const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/, 'expected base64url without padding');

/**
 * A 32-byte WireGuard key or pre-shared key. The wire form is base64url without padding (43 characters);
 * the padded base64 that `wg` prints is accepted and normalised, so that `wg pubkey` output can be pasted.
 */
export const wireGuardKey = z
  .string()
  .regex(/^[A-Za-z0-9+/_-]{42}[AEIMQUYcgkosw048]=?$/, 'expected a 32-byte key in base64url or base64')
  .transform((key) => key.replace('=', '').replaceAll('+', '-').replaceAll('/', '_'));

/** `base64url` key → the padded base64 that WireGuard's own tools print. */
export function toWgBase64(key: string): string {
  return `${key.replaceAll('-', '+').replaceAll('_', '/')}=`;
}

/** IPv4 or IPv6 network in CIDR form. */
export const cidr = z.union([z.cidrv4(), z.cidrv6()], {
  error: 'expected a network with its prefix length, such as 10.86.0.0/22',
});

/** IPv4 or IPv6 address. */
export const ipAddress = z.union([z.ipv4(), z.ipv6()], { error: 'expected an IP address' });

/** `address:port` with a literal address (`192.0.2.1:51820`, `[2001:db8::1]:51820`): the helper resolves no names. */
export const endpoint = z.string().refine(
  (value) => {
    const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(value);
    if (!match) return false;
    const port = Number(match[3]);
    const address = match[1] ?? match[2] ?? '';
    return port > 0 && port < 65_536 && (match[1] ? z.ipv6() : z.ipv4()).safeParse(address).success;
  },
  { error: 'expected address:port with a literal IP address' },
);

/** A domain name in letters, digits and hyphens (RFC 1123 §2.1), lower case, without a dot at its end. */
export const domainName = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
    'expected a domain name, such as "corp.example"',
  );

export const udpPort = z.number().int().min(1).max(65_535);

/** The two halves of an `endpoint`; the address comes without brackets. */
export function splitEndpoint(value: string): { address: string; port: number } {
  const colon = value.lastIndexOf(':');
  return { address: value.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(value.slice(colon + 1)) };
}

/** The `endpoint` of an address, which comes without brackets. */
export function joinEndpoint(address: string, port: number): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** Of a column that holds a list as JSON. */
export const textList = z.array(z.string());
export const wholeNumberList = z.array(z.number().int());
/** The same, of UDP ports. */
export const portList = z.array(udpPort);
