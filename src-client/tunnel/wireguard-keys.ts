import { generateKeyPairSync } from 'node:crypto';
import * as z from 'zod';

/** X25519, 32 bytes each in base64url. Lives in memory for one connection and is never stored. */
export interface WireGuardKeyPair {
  publicKey: string;
  privateKey: string;
}

const jwk = z.object({ x: z.string(), d: z.string() });

export function generateWireGuardKeyPair(): WireGuardKeyPair {
  const { privateKey } = generateKeyPairSync('x25519');
  // The coordinates of an OKP key (RFC 8037) are the raw bytes that WireGuard uses.
  const { x, d } = jwk.parse(privateKey.export({ format: 'jwk' }));
  return { publicKey: x, privateKey: d };
}

/** Hands out a new pair for every connection; the next one is made while nothing waits for it. */
export function createKeyPairSupply(): { take(): WireGuardKeyPair } {
  let spare: WireGuardKeyPair | null = generateWireGuardKeyPair();
  return {
    take() {
      const pair = spare ?? generateWireGuardKeyPair();
      spare = null;
      setImmediate(() => {
        spare ??= generateWireGuardKeyPair();
      });
      return pair;
    },
  };
}
