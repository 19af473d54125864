import { type KeyObject, randomBytes } from 'node:crypto';
import type { KeychainState } from '../../src-shared/connection-state.ts';
import { fail, ok, type Result } from '../../src-shared/problem.ts';
import type { Keychain } from '../keychain/keychain.ts';
import { deviceKeyAccount, loadDeviceKey } from '../session/device-key.ts';

const PEPPER_BYTES = 32;

/** What the keychain holds to unlock with, for one account on one server. Never made anew while proving. */
export interface UnlockSecrets {
  deviceKey(): Promise<Result<KeyObject>>;
  /** 32 bytes; the caller overwrites them. `unlock-key-missing` when there is none. */
  pepper(): Promise<Result<Buffer>>;
  /** For setting a PIN: the pepper that is there or, where there is none, a new one. */
  pepperForSetUp(): Promise<Result<Buffer>>;
  removePepper(): Promise<Result<void>>;
}

export interface UnlockSecretsOptions {
  keychain: Keychain;
  profileId: string;
  /** As in `settings.devices`. */
  known: string;
  /** Hears of every look into the keychain. */
  onKeychain: (state: Exclude<KeychainState, 'absent'>) => void;
}

export function unlockSecrets(options: UnlockSecretsOptions): UnlockSecrets {
  const { keychain, profileId, known, onKeychain } = options;
  const pepperAccount = `unlock-pepper ${profileId} ${known}`;

  function refuse(state: Exclude<KeychainState, 'ok'>): {
    ok: false;
    problem: ReturnType<typeof fail>['problem'];
  } {
    if (state === 'absent') return fail('unlock-key-missing');
    onKeychain(state);
    return fail(state === 'locked' ? 'keychain-locked' : 'keychain-unavailable');
  }

  async function pepper(): Promise<Result<Buffer>> {
    const found = await keychain.get(pepperAccount);
    if (found.state !== 'ok') return refuse(found.state);
    const bytes = Buffer.from(found.value, 'base64');
    if (bytes.length !== PEPPER_BYTES) return refuse('absent');
    onKeychain('ok');
    return ok(bytes);
  }

  return {
    async deviceKey() {
      const found = await loadDeviceKey(keychain, deviceKeyAccount(profileId, known));
      if (found.state !== 'ok') return refuse(found.state);
      onKeychain('ok');
      return ok(found.key);
    },
    pepper,
    async pepperForSetUp() {
      const there = await pepper();
      if (there.ok || there.problem.code !== 'unlock-key-missing') return there;
      const made = randomBytes(PEPPER_BYTES);
      const stored = await keychain.set(pepperAccount, made.toString('base64'));
      return stored.ok ? ok(made) : stored;
    },
    removePepper: () => keychain.delete(pepperAccount),
  };
}
