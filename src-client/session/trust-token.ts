import type { Result } from '../../src-shared/problem.ts';
import type { Keychain } from '../keychain/keychain.ts';

/**
 * What the server gave at the last sign-in of an account here, so that others who try wrong passwords for it do not keep
 * this computer waiting. It outlasts the session, as the device key does. `known` as in `settings.devices`.
 */
const entry = (profileId: string, known: string): string => `trust ${profileId} ${known}`;

/** Null without one; the sign-in then counts as that of a stranger. */
export async function loadTrust(
  keychain: Keychain,
  profileId: string,
  known: string,
): Promise<string | null> {
  const found = await keychain.get(entry(profileId, known));
  return found.state === 'ok' && found.value !== '' ? found.value : null;
}

export function storeTrust(
  keychain: Keychain,
  profileId: string,
  known: string,
  token: string,
): Promise<Result<void>> {
  return keychain.set(entry(profileId, known), token);
}
