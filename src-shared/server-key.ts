import * as z from 'zod';
import { base64url } from './primitives.ts';

/** A server as the helper trusts it: who signs (`iss`) and the Ed25519 public key, 32 bytes in base64url. */
export const serverKeySchema = z.object({ issuer: z.url(), publicKey: base64url.length(43) });
export type ServerKey = z.infer<typeof serverKeySchema>;

/** The servers that root trusts on a computer: written by `postern-helper trust`, readable by everyone. */
export const TRUSTED_SERVERS_FILE = '/etc/postern/trusted-servers.json';
export const trustedServersSchema = z.strictObject({
  version: z.literal(1),
  servers: z.array(serverKeySchema),
});

/** One line that a person can copy: `https://vpn.example.com#ed25519=<43 characters>`. */
export function formatServerKey({ issuer, publicKey }: ServerKey): string {
  return `${issuer}#ed25519=${publicKey}`;
}

/** The inverse of `formatServerKey`; null for anything else. */
export function parseServerKey(line: string): ServerKey | null {
  const match = /^(\S+)#ed25519=([A-Za-z0-9_-]{43})$/.exec(line.trim());
  const parsed = serverKeySchema.safeParse({ issuer: match?.[1], publicKey: match?.[2] });
  return parsed.success ? parsed.data : null;
}
