import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { parseServerKey, serverKeySchema } from '../../src-shared/server-key.ts';

/** Written by `postern-helper trust`, readable by everyone. */
export const TRUSTED_SERVERS_FILE = '/etc/postern/trusted-servers.json';

const fileSchema = z.object({ version: z.literal(1), servers: z.array(serverKeySchema) });

/** SHA-256 of a server's 32-byte key in groups of four hex digits, as the helper shows it; null for no key line. */
export function serverFingerprint(keyLine: string): string | null {
  const key = parseServerKey(keyLine);
  if (!key) return null;
  const hex = createHash('sha256').update(Buffer.from(key.publicKey, 'base64url')).digest('hex');
  return hex.replaceAll(/(.{4})(?!$)/g, '$1 ');
}

/**
 * Whether the helper will accept this server, as far as its file tells. Only to choose what the window offers: the
 * helper decides for itself.
 */
export async function isServerTrusted(file: string, keyLine: string): Promise<boolean> {
  const key = parseServerKey(keyLine);
  if (!key) return false;
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error)) return false;
    throw error;
  }
  const parsed = fileSchema.safeParse(content);
  return (
    parsed.success &&
    parsed.data.servers.some(({ issuer, publicKey }) => issuer === key.issuer && publicKey === key.publicKey)
  );
}
