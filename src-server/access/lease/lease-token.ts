import { LEASE_TYPE, type LeaseClaims } from '../../../src-shared/lease.ts';
import type { ServerKeys } from '../../keys/server-keys.ts';
import { signToken } from '../../keys/signed-token.ts';

export function signLease(keys: ServerKeys, claims: LeaseClaims): string {
  return signToken(keys, LEASE_TYPE, claims);
}
