import * as z from 'zod';
import {
  MAX_ALTERNATE_PORTS,
  MAX_CONTROL_ADDRESSES,
  MAX_DOMAINS,
  MAX_RESOLVERS,
  MTU,
} from './gateway-limits.ts';
import { cidr, domainName, endpoint, id, ipAddress, udpPort, wireGuardKey } from './primitives.ts';

export const LEASE_AUDIENCE = 'postern-helper';
/** JWS `typ` of a lease, so that no other token signed by the same key can stand in for one (RFC 8725 §3.11). */
export const LEASE_TYPE = 'postern-lease+jwt';

/**
 * Name servers, by address. With `domains` they are asked for names of these alone, else for every name; `search` are
 * the domains in which a name without a dot is looked for. A plain list of addresses says the first alone.
 */
export const leaseDns = z.strictObject({
  servers: z.array(ipAddress).max(MAX_RESOLVERS),
  domains: z.array(domainName).max(MAX_DOMAINS).optional(),
  search: z.array(domainName).max(MAX_DOMAINS).optional(),
});
export type LeaseDns = z.infer<typeof leaseDns>;

/** What the helper needs to build the interface; addresses and allowed IPs in CIDR form. */
export const leaseWireGuard = z.strictObject({
  clientPublicKey: wireGuardKey,
  serverPublicKey: wireGuardKey,
  presharedKey: wireGuardKey,
  endpoint,
  addresses: z.array(cidr).min(1),
  allowedIps: z.array(cidr).min(1),
  dns: z.union([z.array(ipAddress), leaseDns]),
  mtu: z.number().int().min(MTU.least).max(MTU.most),
  keepaliveSeconds: z.number().int().min(0).max(65_535),
  /** UDP ports of the endpoint's address that lead to the gateway as well. */
  alternatePorts: z.array(udpPort).max(MAX_ALTERNATE_PORTS).optional(),
});

/**
 * Claims of a lease (compact JWS, EdDSA). Strict: a claim that this version does not know is refused, so that
 * nothing can be smuggled in. `iat` and `exp` are seconds since 1970 (RFC 7519 §2).
 */
export const leaseClaims = z.strictObject({
  iss: z.url(),
  aud: z.literal(LEASE_AUDIENCE),
  sub: id,
  jti: id,
  iat: z.number().int(),
  exp: z.number().int(),
  epoch: z.number().int().min(0),
  wg: leaseWireGuard,
  /** Where the server answers, `address:port`: TCP to there stays outside the tunnel, whatever `allowedIps` say. */
  control: z.array(endpoint).max(MAX_CONTROL_ADDRESSES).optional(),
});
export type LeaseClaims = z.infer<typeof leaseClaims>;
