import { LEASE_KEY_TYPE, leaseKeyClaims } from '../src-shared/lease-key.ts';
import { fail, firstIssue, type Result } from '../src-shared/problem.ts';
import { SignedTokens, type TokenKind } from './signed-token.ts';
import type { TrustedServers } from './trusted-servers.ts';

const LEASE_KEY: TokenKind = {
  type: LEASE_KEY_TYPE,
  refusal: 'lease-key-invalid',
  name: 'word of a server on its key',
};

export interface LeaseKeyTakerOptions {
  trustedServers: Pick<TrustedServers, 'list' | 'follow' | 'note'>;
  /** Milliseconds since 1970. */
  now: () => number;
}

/**
 * Takes what a server says of its next key, from whoever hands it in: it counts by its signature alone. Refusals:
 * `untrusted-server`, `lease-key-invalid`. Rejects when it cannot be written down.
 */
export function leaseKeyTaker({
  trustedServers,
  now,
}: LeaseKeyTakerOptions): (statement: string) => Promise<Result<void>> {
  const tokens = new SignedTokens(trustedServers);
  return async (statement) => {
    const opened = tokens.open(statement, LEASE_KEY);
    if (!opened.ok) return opened;
    const { payload, signer } = opened.value;
    const parsed = leaseKeyClaims.safeParse(payload);
    if (!parsed.success)
      return fail('lease-key-invalid', `The word is not understood: ${firstIssue(parsed.error)}`);
    const { iss: issuer, exp, step, next } = parsed.data;
    if (exp * 1000 <= now()) return fail('lease-key-invalid', 'The word of the server has run out.');
    return trustedServers.note({ issuer, signer, step, next });
  };
}
