import { hash, verify } from '@node-rs/argon2';
import type { ServerConfig } from '../../config.ts';

/** argon2id hash (PHC string, own salt) of a password or a backup code. */
export function hashSecret(
  secret: string,
  { memoryKib, passes, lanes }: ServerConfig['argon2'],
): Promise<string> {
  return hash(secret, { memoryCost: memoryKib, timeCost: passes, parallelism: lanes });
}

/** Whether the secret belongs to the hash. Costs tens of milliseconds: call it outside any transaction. */
export function matchesHash(secret: string, hashed: string): Promise<boolean> {
  return verify(hashed, secret);
}

const dummies = new Map<string, Promise<string>>();

/** A hash that costs as much as a real one and that nobody knows the secret of: for accounts that do not exist. */
export function dummyHash(config: ServerConfig['argon2']): Promise<string> {
  const key = JSON.stringify(config);
  const dummy = dummies.get(key) ?? hashSecret(crypto.randomUUID(), config);
  dummies.set(key, dummy);
  return dummy;
}
