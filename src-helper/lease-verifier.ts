import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, errors, type ProtectedHeaderParameters } from 'jose';
import * as z from 'zod';
import { fingerprint } from '../src-node/fingerprint.ts';
import { wgPublicKeyOf } from '../src-node/wireguard/key-pair.ts';
import { LEASE_TYPE, type LeaseClaims, leaseClaims } from '../src-shared/lease.ts';
import { base64url } from '../src-shared/primitives.ts';
import { fail, firstIssue, ok, type Result } from '../src-shared/problem.ts';
import type { ServerKey } from '../src-shared/server-key.ts';
import type { LeaseHistory } from './lease-history.ts';
import { isPlainIssuer, type TrustedServers, trustCommand } from './trusted-servers.ts';

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
  trustedServers: Pick<TrustedServers, 'list'>;
  history: Pick<LeaseHistory, 'accept'>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Milliseconds of a clock that nobody can set. */
  monotonicNow: () => number;
}

/** 64 bytes, base64url: 86 characters, of which the last holds two bits (RFC 4648 §3.5). */
const ED25519_SIGNATURE = /^[\w-]{85}[AQgw]$/;

const embeddedKey = z.object({
  jwk: z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: base64url.length(43) }),
});

/** Turns what a local process hands in into a lease that root may act on, or into the reason why not. */
export class LeaseVerifier {
  readonly #options: LeaseVerifierOptions;
  readonly #keys = new Map<string, KeyObject>();

  constructor(options: LeaseVerifierOptions) {
    this.#options = options;
  }

  /**
   * Checks signature (EdDSA, RFC 8037; `typ` per RFC 8725 §3.11), audience, times, epoch and key, in that order.
   * Refusals: `untrusted-server` (with the line that an administrator runs in `command`), `lease-expired`, `lease-invalid`.
   */
  verify(lease: string, privateKey: string): Result<AcceptedLease> {
    const read = readUnverified(lease);
    if (!read.ok) return read;
    const { issuer, embedded, header, payload } = read.value;
    const servers = this.#options.trustedServers.list();
    if (!servers.ok) return servers;
    const trusted = servers.value.find((server) => server.issuer === issuer);
    if (!trusted || (embedded !== null && embedded !== trusted.publicKey)) {
      return untrusted(issuer, embedded, trusted);
    }
    if (!this.#isSigned(lease, header, trusted.publicKey))
      return fail('lease-invalid', 'The permission is not signed by the server that it names.');
    // A critical header (RFC 7515 §4.1.11) could change what the payload means; leases have none.
    if (header.typ !== LEASE_TYPE || header.crit !== undefined)
      return fail('lease-invalid', 'This is not a permission to connect.');
    const parsed = leaseClaims.safeParse(payload);
    if (!parsed.success)
      return fail('lease-invalid', `The permission is not understood: ${firstIssue(parsed.error)}`);
    return this.#checkClaims(parsed.data, privateKey, wgPublicKeyOf(privateKey));
  }

  /**
   * Ed25519 over the signing input (RFC 7515 §5.2, RFC 8037 §3.1), by node:crypto on this thread: WebCrypto, and with
   * it jose, would hand 50 µs of work to another thread and cost a person a millisecond.
   */
  #isSigned(lease: string, header: ProtectedHeaderParameters, publicKey: string): boolean {
    const [head, body, signature = '', ...rest] = lease.split('.');
    if (header.alg !== 'EdDSA' || rest.length > 0 || !ED25519_SIGNATURE.test(signature)) return false;
    const signed = Buffer.from(`${head}.${body}`);
    return verify(null, signed, this.#keyOf(publicKey), Buffer.from(signature, 'base64url'));
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

  #keyOf(publicKey: string): KeyObject {
    const known = this.#keys.get(publicKey);
    if (known) return known;
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
    this.#keys.set(publicKey, key);
    return key;
  }
}

interface Unverified {
  issuer: string;
  /** The key that the lease carries, base64url. */
  embedded: string | null;
  header: ProtectedHeaderParameters;
  payload: unknown;
}

/** What the lease says, before anything of it is believed. */
function readUnverified(lease: string): Result<Unverified> {
  try {
    const payload = decodeJwt(lease);
    const { iss } = payload;
    const header = decodeProtectedHeader(lease);
    const key = embeddedKey.safeParse(header);
    if (iss === undefined || !isPlainIssuer(iss))
      return fail('lease-invalid', 'The permission names no server.');
    return ok({ issuer: iss, embedded: key.success ? key.data.jwk.x : null, header, payload });
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError)
      return fail('lease-invalid', 'This is not a permission to connect.');
    throw error;
  }
}

function untrusted(issuer: string, embedded: string | null, trusted: ServerKey | undefined): Result<never> {
  if (embedded === null) return fail('untrusted-server', `This computer does not trust ${issuer} yet.`);
  const command = trustCommand({ issuer, publicKey: embedded });
  const seen = fingerprint(embedded);
  const detail = trusted
    ? `${issuer} signs with another key (fingerprint ${seen}) than the one that this computer trusts (${fingerprint(trusted.publicKey)}). If the server was set up anew, an administrator can replace it: ${command}`
    : `This computer does not trust ${issuer} yet (key fingerprint ${seen}). An administrator can add it: ${command}`;
  return fail('untrusted-server', detail, { command, issuer, fingerprint: seen });
}
