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

const dummies = new Map<string, Promise<string>>();

/** A hash that costs as much as a real one and that nobody knows the secret of: for accounts that do not exist. */
export function dummyHash(hasher: Hasher, parameters: Parameters): Promise<string> {
  const key = JSON.stringify(parameters);
  const dummy = dummies.get(key) ?? hasher.hash(crypto.randomUUID(), parameters);
  dummies.set(key, dummy);
  return dummy;
}
