import type * as keytarModule from 'keytar';
import type { Logger } from 'pino';
import type { KeychainState } from '../../src-shared/connection-state.ts';
import { fail, ok, type Result } from '../../src-shared/problem.ts';
import { watchKeyring } from './keyring-watch.ts';
import { findItem, secretServiceState, sessionBusAddress } from './secret-service.ts';

const SERVICE = 'postern';

/** What was found, told apart: an absent secret and a locked one must never look the same. */
export type Found = { state: 'ok'; value: string } | { state: Exclude<KeychainState, 'ok'> };

/** The operating system's keychain, the only place for secrets. There is no file to fall back to. */
export interface Keychain {
  get(account: string): Promise<Found>;
  set(account: string, value: string): Promise<Result<void>>;
  /** Deleting what is not there is no failure. */
  delete(account: string): Promise<Result<void>>;
  /** For as long as something is locked: calls back when it may have been opened, until stopped. Asks nobody. */
  watch(onNews: () => void): { stop(): void };
}

export interface KeychainOptions {
  /** `process.platform`. */
  platform: string;
  env: Record<string, string | undefined>;
  log: Logger;
}

type Keytar = Pick<typeof keytarModule, 'getPassword' | 'setPassword' | 'deletePassword'>;

/**
 * keytar behind a wrapper with four states. On Linux the Secret Service is asked first, since keytar answers `null`
 * on a locked keyring. Values are stored as base64: the native layer cuts a string at NUL.
 */
export function createKeychain({ platform, env, log }: KeychainOptions): Keychain {
  let loaded: Promise<Keytar | null> | null = null;
  const keytar = () => {
    loaded ??= loadKeytar(log);
    return loaded;
  };

  /** Null: go ahead. The bus is looked up each time: it may come up after us. */
  async function obstacle(account: string, isWrite: boolean): Promise<Exclude<KeychainState, 'ok'> | null> {
    if (platform !== 'linux') return null;
    const bus = sessionBusAddress(env);
    if (bus === null) return 'unavailable';
    const item = await findItem(bus, { service: SERVICE, account }, log);
    if (item === 'unlocked') return null;
    if (item !== 'absent' || !isWrite) return item;
    const state = await secretServiceState(bus, log);
    return state === 'ready' ? null : state;
  }

  const refuse = (state: KeychainState) =>
    fail(state === 'locked' ? 'keychain-locked' : 'keychain-unavailable');

  return {
    watch: (onNews) =>
      watchKeyring({ busAddress: platform === 'linux' ? sessionBusAddress(env) : null, onNews, log }),
    async get(account) {
      const state = await obstacle(account, false);
      if (state) return { state };
      const store = await keytar();
      if (!store) return { state: 'unavailable' };
      try {
        const value = await store.getPassword(SERVICE, account);
        return value === null
          ? { state: 'absent' }
          : { state: 'ok', value: Buffer.from(value, 'base64').toString('utf8') };
      } catch (error) {
        log.warn({ err: error }, 'keychain cannot be read');
        return { state: 'unavailable' };
      }
    },
    async set(account, value) {
      const state = await obstacle(account, true);
      if (state) return refuse(state);
      const store = await keytar();
      if (!store) return refuse('unavailable');
      try {
        await store.setPassword(SERVICE, account, Buffer.from(value, 'utf8').toString('base64'));
        return ok(undefined);
      } catch (error) {
        log.warn({ err: error }, 'keychain cannot be written');
        return refuse('unavailable');
      }
    },
    async delete(account) {
      const state = await obstacle(account, false);
      if (state === 'absent') return ok(undefined);
      if (state) return refuse(state);
      const store = await keytar();
      if (!store) return refuse('unavailable');
      try {
        await store.deletePassword(SERVICE, account);
        return ok(undefined);
      } catch (error) {
        log.warn({ err: error }, 'keychain cannot be written');
        return refuse('unavailable');
      }
    },
  };
}

/** Null when the native part cannot be loaded, e.g. because libsecret is not installed. */
async function loadKeytar(log: Logger): Promise<Keytar | null> {
  try {
    const module = await import('keytar');
    return module.default;
  } catch (error) {
    log.warn({ err: error }, 'keytar cannot be loaded');
    return null;
  }
}
