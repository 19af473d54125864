import { ok } from '../../src-shared/problem.ts';
import type { Keychain } from '../keychain/keychain.ts';

/** A keychain that is always open and keeps its secrets in `kept`. */
export function memoryKeychain(kept = new Map<string, string>()): Keychain {
  return {
    watch: () => ({ stop: () => undefined }),
    async get(account) {
      const value = kept.get(account);
      return value === undefined ? { state: 'absent' } : { state: 'ok', value };
    },
    async set(account, value) {
      kept.set(account, value);
      return ok(undefined);
    },
    async delete(account) {
      kept.delete(account);
      return ok(undefined);
    },
  };
}
