import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { generateWgKeyPair } from '../src-node/wireguard/key-pair.ts';
import { LEASE_AUDIENCE, LEASE_TYPE } from '../src-shared/lease.ts';
import { ok } from '../src-shared/problem.ts';
import { LeaseVerifier } from './lease-verifier.ts';

const ROUNDS = 20;

/**
 * Verifies leases of a throwaway key a few times, so that the first real one finds its code compiled: a moment at start
 * instead of in front of a person. Touches neither the trusted servers nor the history.
 */
export async function warmUp(now: () => number): Promise<void> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const server = { issuer: 'https://warm-up.invalid', publicKey: x };
  const keys = generateWgKeyPair();
  const iat = Math.floor(now() / 1000);
  const lease = await new SignJWT({
    iss: server.issuer,
    aud: LEASE_AUDIENCE,
    sub: randomUUID(),
    jti: randomUUID(),
    iat,
    exp: iat + 60,
    epoch: 0,
    wg: {
      clientPublicKey: keys.publicKey,
      serverPublicKey: keys.publicKey,
      presharedKey: keys.publicKey,
      endpoint: '192.0.2.1:1',
      addresses: ['192.0.2.1/32'],
      allowedIps: ['192.0.2.1/32'],
      dns: [],
      mtu: 1420,
      keepaliveSeconds: 0,
    },
  })
    .setProtectedHeader({ alg: 'EdDSA', typ: LEASE_TYPE, jwk: { kty: 'OKP', crv: 'Ed25519', x } })
    .sign(privateKey);
  const verifier = new LeaseVerifier({
    trustedServers: { list: () => ok([server]), follow: () => undefined },
    history: { accept: () => ok(undefined) },
    now,
    monotonicNow: () => 0,
  });
  for (let round = 0; round < ROUNDS; round++) {
    const result = verifier.verify(lease, keys.privateKey);
    if (!result.ok) throw new Error(`this computer cannot verify a lease: ${result.problem.detail}`);
  }
}
