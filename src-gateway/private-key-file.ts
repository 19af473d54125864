import { existsSync } from 'node:fs';
import { writeFileAtomic } from '../src-node/atomic-file.ts';
import { generateWgKeyPair, type WgKeyPair, wgPublicKeyOf } from '../src-node/wireguard/key-pair.ts';
import { toWgBase64, wireGuardKey } from '../src-shared/primitives.ts';
import { readSecretFile } from './config.ts';

/**
 * The gateway's key pair from its file (base64 as `wg genkey` prints it, 0600), which is made when it is missing.
 * Throws when others may read the file or when it holds no key.
 */
export async function openPrivateKey(
  path: string,
  areMounted = false,
): Promise<WgKeyPair & { isNew: boolean }> {
  if (!existsSync(path)) {
    const pair = generateWgKeyPair();
    await writeFileAtomic(path, `${toWgBase64(pair.privateKey)}\n`);
    return { ...pair, isNew: true };
  }
  const parsed = wireGuardKey.safeParse(readSecretFile(path, areMounted));
  if (!parsed.success) throw new Error(`${path} holds no WireGuard private key`);
  return { privateKey: parsed.data, publicKey: wgPublicKeyOf(parsed.data), isNew: false };
}
