import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import type { ServerKey } from '../src-shared/server-key.ts';
import type { ServerConfig } from './config.ts';
import type { Database } from './db/database.ts';

/** Encrypts small secrets at rest (AES-256-GCM, random nonce); `open` throws when the bytes were changed. */
export interface SealedBox {
  seal(plain: Uint8Array): Uint8Array;
  open(sealed: Uint8Array): Uint8Array;
}

export interface ServerKeys {
  /** Ed25519 private key that signs leases. */
  leaseKey: KeyObject;
  /** RFC 7638 thumbprint, the `kid` of every lease. */
  leaseKeyId: string;
  serverKey: ServerKey;
  sealedBox: SealedBox;
}

/** What every part of the server is given; nothing reaches for a global. */
export interface ServerContext {
  config: ServerConfig;
  keys: ServerKeys;
  database: Database;
  /** Milliseconds since 1970. */
  now: () => number;
  log: Logger;
}
