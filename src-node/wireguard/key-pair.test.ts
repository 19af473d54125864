import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toWgBase64, wireGuardKey } from '../../src-shared/primitives.ts';
import { findProgram, runProgram } from '../run-program.ts';
import { generateWgKeyPair, wgPublicKeyOf } from './key-pair.ts';

describe('WireGuard keys', () => {
  it('has the form of the contracts, and the public key belongs to the private one', () => {
    const { privateKey, publicKey } = generateWgKeyPair();
    expect(wireGuardKey.parse(privateKey)).toBe(privateKey);
    const jwk = { kty: 'OKP', crv: 'X25519', d: privateKey, x: publicKey };
    expect(createPrivateKey({ key: jwk, format: 'jwk' }).export({ format: 'jwk' }).x).toBe(publicKey);
    expect(wgPublicKeyOf(privateKey)).toBe(publicKey);
    expect(generateWgKeyPair().privateKey).not.toBe(privateKey);
    expect(() => wgPublicKeyOf('c2hvcnQ')).toThrow('32 bytes');
  });

  const wg = findProgram('wg');
  it.runIf(wg !== null)('agrees with wg pubkey', async () => {
    const { privateKey, publicKey } = generateWgKeyPair();
    const printed = await runProgram({ path: wg ?? '', args: ['pubkey'], stdin: toWgBase64(privateKey) });
    expect(printed.stdout.trim()).toBe(toWgBase64(publicKey));
  });
});
