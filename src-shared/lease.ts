import * as z from 'zod';
import { MAX_CONTROL_ADDRESSES, MTU } from './gateway-limits.ts';
import { cidr, endpoint, id, ipAddress, wireGuardKey } from './primitives.ts';

export const LEASE_AUDIENCE = 'postern-helper';
/** JWS `typ` of a lease, so that no other token signed by the same key can stand in for one (RFC 8725 §3.11). */
export const LEASE_TYPE = 'postern-lease+jwt';

/** What the helper needs to build the interface; addresses and allowed IPs in CIDR form. */
export const leaseWireGuard = z.strictObject({
  clientPublicKey: wireGuardKey,
  serverPublicKey: wireGuardKey,
  presharedKey: wireGuardKey,
  endpoint,
  addresses: z.array(cidr).min(1),
  allowedIps: z.array(cidr).min(1),
  dns: z.array(ipAddress),
  mtu: z.number().int().min(MTU.least).max(MTU.most),
  keepaliveSeconds: z.number().int().min(0).max(65_535),
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
