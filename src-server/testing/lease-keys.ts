import { createPublicKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerFolder } from './server-folder.ts';

/** The Ed25519 public key of a PEM file, base64url. */
export const publicKeyIn = (file: string): string =>
  createPublicKey(readFileSync(file, 'utf8')).export({ format: 'jwk' }).x ?? '';

/** Public: with its private half the server of this folder signs leases. */
export const ownLeaseKey = (of: ServerFolder): string => publicKeyIn(join(of.keys, 'lease-key.pem'));

export const nextLeaseKey = (of: ServerFolder): string => publicKeyIn(join(of.keys, 'lease-key.pem.next'));

/** Names of what is in the folder of keys of lease keys. */
export const leaseKeyFiles = (of: ServerFolder): string[] =>
  readdirSync(of.keys)
    .filter((name) => name.startsWith('lease'))
    .toSorted();

/** What `keys show` says of them. */
export async function shownLeaseKeys(of: ServerFolder) {
  return JSON.parse((await of.command(['keys', 'show', '--json'])).stdout).lease;
}
