import { describe, expect, it } from 'vitest';
import { findProgram, runProgram } from '../../src-node/run-program.ts';
import { toWgBase64, wireGuardKey } from '../../src-shared/primitives.ts';
import { createKeyPairSupply, generateWireGuardKeyPair } from './wireguard-keys.ts';

describe('a WireGuard key pair', () => {
  it('has the form of the wire, and the public key that wg derives from the private one', async () => {
    const pair = generateWireGuardKeyPair();
    expect(wireGuardKey.parse(pair.publicKey)).toBe(pair.publicKey);
    expect(wireGuardKey.parse(pair.privateKey)).toBe(pair.privateKey);
    const wg = findProgram('wg');
    if (!wg) throw new Error('wireguard-tools is not installed');
    const derived = await runProgram({ path: wg, args: ['pubkey'], stdin: toWgBase64(pair.privateKey) });
    expect(derived.stdout.trim()).toBe(toWgBase64(pair.publicKey));
  });

  it('is never handed out twice, however fast they are asked for', async () => {
    const supply = createKeyPairSupply();
    const taken = [supply.take(), supply.take()];
    await new Promise((resolve) => setImmediate(resolve));
    taken.push(supply.take(), supply.take());
    expect(new Set(taken.map(({ privateKey }) => privateKey)).size).toBe(4);
  });
});
