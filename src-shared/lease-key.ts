import * as z from 'zod';
import { LEASE_AUDIENCE } from './lease.ts';
import { base64url } from './primitives.ts';

/** JWS `typ` of a server's word on the key that signs its leases (RFC 8725 §3.11). */
export const LEASE_KEY_TYPE = 'postern-lease-key+jwt';
/** Signed anew each time that it is sent: what was taken back is not shown to a computer long after. */
export const LEASE_KEY_LIFE_SECONDS = 86_400;

/** Ed25519 public key, 32 bytes in base64url. */
export const leaseKey = base64url.length(43);

/**
 * Of a rotation: begun, taken back, finished; milliseconds since 1970, or one more than the one before. It only rises, and
 * none of a time to come is taken: whoever stole a key could name the last one there is.
 */
export const leaseKeyStep = z.number().int().min(1);

/**
 * Which key takes the place of the one that signs this: compact JWS, EdDSA, by the key that signs leases now. Strict, as
 * a lease is. `iat` and `exp` are seconds since 1970; of one `iss` no lower `step` is taken than the newest.
 */
export const leaseKeyClaims = z.strictObject({
  iss: z.url(),
  aud: z.literal(LEASE_AUDIENCE),
  iat: z.number().int(),
  exp: z.number().int(),
  step: leaseKeyStep,
  /** Null: none, leases stay with the key that signs this. */
  next: leaseKey.nullable(),
});
export type LeaseKeyClaims = z.infer<typeof leaseKeyClaims>;

export const leaseKeyStatement = z.string().max(4096);
