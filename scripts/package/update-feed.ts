import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { updateFeedSchema } from '../../src-main/app/update-feed.ts';

/**
 * Updates are off unless whoever packages sets both of these: POSTERN_UPDATE_URL, where installations look, and
 * POSTERN_UPDATE_KEY, the Ed25519 private key (PEM) that signs what they find there.
 */
export interface FeedSettings {
  url: string;
  key: KeyObject;
}

/** Null when neither is set. Throws when one is missing or no Ed25519 key: a feed nobody can check must not ship. */
export function feedSettings(env: Readonly<Record<string, string | undefined>>): FeedSettings | null {
  const { POSTERN_UPDATE_URL: url, POSTERN_UPDATE_KEY: pem } = env;
  if (!url && !pem) return null;
  if (!url || !pem) throw new Error('POSTERN_UPDATE_URL and POSTERN_UPDATE_KEY go together');
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('POSTERN_UPDATE_KEY is no Ed25519 key');
  return { url, key };
}

/** What an installation carries as `update-feed.json`: the address and the public half of the key. */
export function feedFile({ url, key }: FeedSettings): string {
  const { x: publicKey } = createPublicKey(key).export({ format: 'jwk' });
  const feed = { url, publicKey };
  updateFeedSchema.parse(feed);
  return `${JSON.stringify(feed)}\n`;
}

/** Signs each `latest*.yml` of a folder into a `.sig` beside it (base64, over the file's bytes); the names signed. */
export function signFeed(folder: string, { key }: FeedSettings): string[] {
  const names = globSync('latest*.yml', { cwd: folder }).sort();
  for (const name of names) {
    const signature = sign(null, readFileSync(path.join(folder, name)), key).toString('base64');
    writeFileSync(path.join(folder, `${name}.sig`), `${signature}\n`);
  }
  return names;
}
