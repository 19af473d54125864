import { LEASE_KEY_LIFE_SECONDS, LEASE_KEY_TYPE, leaseKeyClaims } from '../src-shared/lease-key.ts';
import { fail, firstIssue, type Result } from '../src-shared/problem.ts';
import { SignedTokens, type TokenKind } from './signed-token.ts';
import type { TrustedServers } from './trusted-servers.ts';

/** How far a server's clock may be ahead of this computer's. */
const CLOCK_LEEWAY_MS = 60_000;

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
    const { iss: issuer, iat, exp, step, next } = parsed.data;
    if (exp * 1000 <= now()) return fail('lease-key-invalid', 'The word of the server has run out.');
    // Whoever has a stolen key must not have the last word for ever: neither by a step that no other can exceed, nor by
    // a word to be shown in years.
    const soonMs = now() + CLOCK_LEEWAY_MS;
    if (iat * 1000 > soonMs || step > soonMs || exp > iat + LEASE_KEY_LIFE_SECONDS)
      return fail('lease-key-invalid', 'The word of the server is of a time to come. Is the clock right?');
    return trustedServers.note({ issuer, signer, step, next });
  };
}
