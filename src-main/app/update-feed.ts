import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { base64url } from '../../src-shared/primitives.ts';

/** `update-feed.json` among the resources of an installed app, owned by root as the app is. Without it: no updates. */
export const updateFeedSchema = z.strictObject({
  /** Folder with `latest*.yml`, the packages, and `latest*.yml.sig`. */
  url: z.url({ protocol: /^https$/ }).transform((url) => url.replace(/\/+$/, '')),
  /** Raw Ed25519 public key, 32 bytes. */
  publicKey: base64url.length(43),
});
export type UpdateFeed = z.infer<typeof updateFeedSchema>;

/** The feed that this installation was built with; null when there is none. Throws for a broken file: that is ours. */
export function readUpdateFeed(path: string): UpdateFeed | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  return updateFeedSchema.parse(JSON.parse(text));
}

/** Name of the feed's file, as electron-builder writes it for a platform and architecture. */
export function feedFileName(platform: string, arch: string): string {
  if (platform === 'darwin') return 'latest-mac.yml';
  if (platform === 'win32') return 'latest.yml';
  return arch === 'x64' ? 'latest-linux.yml' : `latest-linux-${arch}.yml`;
}

export interface OfferedUpdate {
  version: string;
  files: readonly { sha512: string }[];
}

/**
 * Whether the update that was offered is the one that the signed feed file describes: the signature (base64 Ed25519
 * over the file's bytes) holds, and version and every checksum stand in it. Only then is anything downloaded.
 */
export function isSignedUpdate(
  feed: UpdateFeed,
  feedText: string,
  signature: string,
  offered: OfferedUpdate,
): boolean {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: feed.publicKey }, format: 'jwk' });
  if (!verify(null, Buffer.from(feedText, 'utf8'), key, Buffer.from(signature.trim(), 'base64')))
    return false;
  const lines = feedText.split('\n').map((line) => line.trim().replace(/^- /, '').replaceAll(/['"]/g, ''));
  const has = (name: string, value: string) => lines.includes(`${name}: ${value}`);
  return (
    offered.files.length > 0 &&
    has('version', offered.version) &&
    offered.files.every(({ sha512 }) => has('sha512', sha512))
  );
}
