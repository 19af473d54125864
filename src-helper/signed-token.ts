import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, errors, type ProtectedHeaderParameters } from 'jose';
import * as z from 'zod';
import { fingerprint } from '../src-node/fingerprint.ts';
import { base64url } from '../src-shared/primitives.ts';
import { fail, ok, type ProblemCode, type Result } from '../src-shared/problem.ts';
import { keysOf, type TrustedServer } from '../src-shared/server-key.ts';
import { isPlainIssuer, type TrustedServers, trustCommand } from './trusted-servers.ts';

/** 64 bytes, base64url: 86 characters, of which the last holds two bits (RFC 4648 §3.5). */
const ED25519_SIGNATURE = /^[\w-]{85}[AQgw]$/;

const embeddedKey = z.object({
  jwk: z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: base64url.length(43) }),
});

/** One kind of what a server signs: its `typ`, what a refusal is called, and what it is to a person. */
export interface TokenKind {
  type: string;
  refusal: Extract<ProblemCode, 'lease-invalid' | 'guard-invalid' | 'lease-key-invalid'>;
  name: string;
}

export interface OpenedToken {
  payload: unknown;
  /** The key of the server that has signed it, base64url. */
  signer: string;
}

/** Opens what a server has signed, if root trusts that server. */
export class SignedTokens {
  readonly #trustedServers: Pick<TrustedServers, 'list' | 'follow'>;
  readonly #keys = new Map<string, KeyObject>();

  constructor(trustedServers: Pick<TrustedServers, 'list' | 'follow'>) {
    this.#trustedServers = trustedServers;
  }

  /**
   * Checks issuer, signature (EdDSA, RFC 8037) and `typ` (RFC 8725 §3.11), in that order; the payload's `iss` is the
   * issuer. What the server's next key has signed tells that it signs from now on: the one before it is forgotten.
   * Refusals: `untrusted-server` (with the line that an administrator runs in `command`), and the kind's own.
   */
  open(token: string, kind: TokenKind): Result<OpenedToken> {
    const read = readUnverified(token, kind);
    if (!read.ok) return read;
    const { issuer, embedded, header, payload } = read.value;
    const servers = this.#trustedServers.list();
    if (!servers.ok) return servers;
    const trusted = servers.value.find((server) => server.issuer === issuer);
    const keys = trusted ? keysOf(trusted) : [];
    if (!trusted || (embedded !== null && !keys.includes(embedded)))
      return untrusted(issuer, embedded, trusted);
    const signer = keys.find((key) => this.#isSigned(token, header, key));
    if (signer === undefined)
      return fail(kind.refusal, `The ${kind.name} is not signed by the server that it names.`);
    // A critical header (RFC 7515 §4.1.11) could change what the payload means; ours have none.
    if (header.typ !== kind.type || header.crit !== undefined)
      return fail(kind.refusal, `This is not a ${kind.name}.`);
    if (signer !== trusted.publicKey) this.#trustedServers.follow(issuer, signer);
    return ok({ payload, signer });
  }

  /**
   * Ed25519 over the signing input (RFC 7515 §5.2, RFC 8037 §3.1), by node:crypto on this thread: WebCrypto, and with
   * it jose, would hand 50 µs of work to another thread and cost a person a millisecond.
   */
  #isSigned(token: string, header: ProtectedHeaderParameters, publicKey: string): boolean {
    const [head, body, signature = '', ...rest] = token.split('.');
    if (header.alg !== 'EdDSA' || rest.length > 0 || !ED25519_SIGNATURE.test(signature)) return false;
    const signed = Buffer.from(`${head}.${body}`);
    return verify(null, signed, this.#keyOf(publicKey), Buffer.from(signature, 'base64url'));
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
  /** The key that the token carries, base64url. */
  embedded: string | null;
  header: ProtectedHeaderParameters;
  payload: unknown;
}

/** What the token says, before anything of it is believed. */
function readUnverified(token: string, { refusal, name }: TokenKind): Result<Unverified> {
  try {
    const payload = decodeJwt(token);
    const { iss } = payload;
    const header = decodeProtectedHeader(token);
    const key = embeddedKey.safeParse(header);
    if (iss === undefined || !isPlainIssuer(iss)) return fail(refusal, `The ${name} names no server.`);
    return ok({ issuer: iss, embedded: key.success ? key.data.jwk.x : null, header, payload });
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError)
      return fail(refusal, `This is not a ${name}.`);
    throw error;
  }
}

function untrusted(
  issuer: string,
  embedded: string | null,
  trusted: TrustedServer | undefined,
): Result<never> {
  if (embedded === null) return fail('untrusted-server', `This computer does not trust ${issuer} yet.`);
  const command = trustCommand({ issuer, publicKey: embedded });
  const seen = fingerprint(embedded);
  const detail = trusted
    ? `${issuer} signs with another key (fingerprint ${seen}) than the one that this computer trusts (${fingerprint(trusted.publicKey)}). If the server was set up anew, an administrator can replace it: ${command}`
    : `This computer does not trust ${issuer} yet (key fingerprint ${seen}). An administrator can add it: ${command}`;
  return fail('untrusted-server', detail, { command, issuer, fingerprint: seen });
}
