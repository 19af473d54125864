import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import type { ServerConfig } from '../../config.ts';
import { type HashCaller, HashTurns } from './hash-turns.ts';

type Parameters = ServerConfig['argon2'];

/** argon2id, for as long as one's turn lasts. Costs tens of milliseconds each. */
export interface Hasher {
  /** PHC string, own salt, of a password or a backup code. */
  hash(secret: string, parameters: Parameters): Promise<string>;
  /** Whether the secret belongs to the hash. */
  matches(secret: string, hashed: string): Promise<boolean>;
}

const argon2: Hasher = {
  hash: (secret, { memoryKib, passes, lanes }) =>
    hash(secret, { memoryCost: memoryKib, timeCost: passes, parallelism: lanes }),
  matches: (secret, hashed) => verify(hashed, secret),
};

/** One for all servers of this process: they share its threads. */
const turns = new HashTurns();

/**
 * Runs `work` when it is its turn to hash; rejects with `ServerBusyError` in a crowd, before `work` has begun. Never
 * take a turn within a turn, or inside a transaction.
 */
export function inHashTurn<T>(caller: HashCaller, work: (hasher: Hasher) => Promise<T>): Promise<T> {
  return turns.take(caller, () => work(argon2));
}

/** The hash of a secret that somebody whom the server knows has set, in a turn of its own. */
export function hashSecret(secret: string, parameters: Parameters): Promise<string> {
  return inHashTurn('known', (hasher) => hasher.hash(secret, parameters));
}

/** The cost parameters that a hash carries, and is verified with: `m=19456,t=2,p=1`. */
export function costOf(hashed: string): string {
  return hashed.split('$')[3] ?? '';
}

/** The same of the configuration. */
export function costText({ memoryKib, passes, lanes }: Parameters): string {
  return `m=${memoryKib},t=${passes},p=${lanes}`;
}

/** A hash of that cost that no secret belongs to: comparing with it takes as long as with a real one. */
export function hashOfNothing(cost: string): string {
  const part = (bytes: number): string => randomBytes(bytes).toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$${cost}$${part(16)}$${part(32)}`;
}
