import { readFile } from 'node:fs/promises';
import { fingerprint } from '../../src-node/fingerprint.ts';
import { parseJson } from '../../src-shared/parse-json.ts';
import { keysOf, parseServerKey, trustedServersSchema } from '../../src-shared/server-key.ts';

/** The key's fingerprint, as the helper shows it; null for no key line. */
export function serverFingerprint(keyLine: string): string | null {
  const key = parseServerKey(keyLine);
  return key ? fingerprint(key.publicKey) : null;
}

/**
 * Whether the helper will accept this server, as far as its file tells. Only to choose what the window offers: the
 * helper decides for itself.
 */
export async function isServerTrusted(file: string, keyLine: string): Promise<boolean> {
  const key = parseServerKey(keyLine);
  if (!key) return false;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
  const parsed = trustedServersSchema.safeParse(parseJson(text));
  return (
    parsed.success &&
    parsed.data.servers.some(
      (server) => server.issuer === key.issuer && keysOf(server).includes(key.publicKey),
    )
  );
}
