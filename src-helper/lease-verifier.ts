import { wgPublicKeyOf } from '../src-node/wireguard/key-pair.ts';
import { LEASE_TYPE, type LeaseClaims, leaseClaims } from '../src-shared/lease.ts';
import { fail, firstIssue, ok, type Result } from '../src-shared/problem.ts';
import type { LeaseHistory } from './lease-history.ts';
import { SignedTokens, type TokenKind } from './signed-token.ts';
import type { TrustedServers } from './trusted-servers.ts';

/** How far a server's clock may be ahead of this computer's. */
const CLOCK_LEEWAY_SECONDS = 60;

/** A lease that may become a tunnel. `deadline` is on the monotonic clock, so that setting the clock back gains nothing. */
export interface AcceptedLease {
  claims: LeaseClaims;
  /** WireGuard private key, base64url. */
  privateKey: string;
  /** Milliseconds of `monotonicNow`. */
  deadline: number;
}

export interface LeaseVerifierOptions {
  trustedServers: Pick<TrustedServers, 'list' | 'follow'>;
  history: Pick<LeaseHistory, 'accept'>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Milliseconds of a clock that nobody can set. */
  monotonicNow: () => number;
}

const LEASE: TokenKind = { type: LEASE_TYPE, refusal: 'lease-invalid', name: 'permission to connect' };

/** Turns what a local process hands in into a lease that root may act on, or into the reason why not. */
export class LeaseVerifier {
  readonly #options: LeaseVerifierOptions;
  readonly #tokens: SignedTokens;

  constructor(options: LeaseVerifierOptions) {
    this.#options = options;
    this.#tokens = new SignedTokens(options.trustedServers);
  }

  /**
   * Checks signature (EdDSA, RFC 8037; `typ` per RFC 8725 §3.11), audience, times, epoch and key, in that order.
   * Refusals: `untrusted-server` (with the line that an administrator runs in `command`), `lease-expired`, `lease-invalid`.
   */
  verify(lease: string, privateKey: string): Result<AcceptedLease> {
    const opened = this.#tokens.open(lease, LEASE);
    if (!opened.ok) return opened;
    const parsed = leaseClaims.safeParse(opened.value.payload);
    if (!parsed.success)
      return fail('lease-invalid', `The permission is not understood: ${firstIssue(parsed.error)}`);
    return this.#checkClaims(parsed.data, privateKey, wgPublicKeyOf(privateKey));
  }

  #checkClaims(claims: LeaseClaims, privateKey: string, publicKey: string): Result<AcceptedLease> {
    const { now, monotonicNow, history } = this.#options;
    const nowMs = now();
    if (claims.exp * 1000 <= nowMs) return fail('lease-expired');
    const aheadSeconds = claims.iat - nowMs / 1000;
    if (aheadSeconds > CLOCK_LEEWAY_SECONDS) {
      const minutes = Math.ceil(aheadSeconds / 60);
      return fail(
        'lease-invalid',
        `The clock of this computer is ${minutes} min behind the server's. Set it right.`,
      );
    }
    if (publicKey !== claims.wg.clientPublicKey)
      return fail('lease-invalid', 'The permission was given to another key.');
    const accepted = history.accept(claims);
    if (!accepted.ok) return accepted;
    return ok({ claims, privateKey, deadline: monotonicNow() + claims.exp * 1000 - nowMs });
  }
}
