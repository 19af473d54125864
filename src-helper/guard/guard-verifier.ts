import { GUARD_TYPE, type GuardClaims, guardClaims } from '../../src-shared/guard.ts';
import { fail, firstIssue, ok, type Result } from '../../src-shared/problem.ts';
import { SignedTokens, type TokenKind } from '../signed-token.ts';
import type { TrustedServers } from '../trusted-servers.ts';

const GUARD: TokenKind = { type: GUARD_TYPE, refusal: 'guard-invalid', name: 'order to hold traffic back' };

/** Opens what a server wants held back. Refusals: `untrusted-server`, `guard-invalid`. */
export function guardVerifier(
  trustedServers: Pick<TrustedServers, 'list' | 'follow'>,
): (token: string) => Result<GuardClaims> {
  const tokens = new SignedTokens(trustedServers);
  return (token) => {
    const opened = tokens.open(token, GUARD);
    if (!opened.ok) return opened;
    const parsed = guardClaims.safeParse(opened.value.payload);
    return parsed.success
      ? ok(parsed.data)
      : fail('guard-invalid', `The order is not understood: ${firstIssue(parsed.error)}`);
  };
}
