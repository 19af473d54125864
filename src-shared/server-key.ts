import * as z from 'zod';
import { leaseKey, leaseKeyStep } from './lease-key.ts';

/** A server as the helper trusts it: who signs (`iss`) and the Ed25519 public key, 32 bytes in base64url. */
export const serverKeySchema = z.object({ issuer: z.url(), publicKey: leaseKey });
export type ServerKey = z.infer<typeof serverKeySchema>;

/** One that root trusts, with what it has said of its key since. An older helper reads the first two fields alone. */
export const trustedServerSchema = serverKeySchema.extend({
  /** Counts too, by the word of `publicKey`, and takes its place with the first thing that it signs. */
  next: leaseKey.optional(),
  /** Of the newest word on the key. */
  step: leaseKeyStep.optional(),
});
export type TrustedServer = z.infer<typeof trustedServerSchema>;

/** The keys whose signatures count for this server. */
export function keysOf({ publicKey, next }: TrustedServer): string[] {
  return next === undefined ? [publicKey] : [publicKey, next];
}

/** The servers that root trusts on a computer: written by the helper and `postern-helper trust`, readable by everyone. */
export const TRUSTED_SERVERS_FILE = '/etc/postern/trusted-servers.json';
export const trustedServersSchema = z.strictObject({
  version: z.literal(1),
  servers: z.array(trustedServerSchema),
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
