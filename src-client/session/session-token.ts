import * as z from 'zod';
import type { KeychainState } from '../../src-shared/connection-state.ts';
import { parseJson } from '../../src-shared/parse-json.ts';
import type { Result } from '../../src-shared/problem.ts';
import type { Keychain } from '../keychain/keychain.ts';

/** Bound to its server, so that a changed settings file cannot have the token sent elsewhere. */
const storedToken = z.object({ serverUrl: z.string(), token: z.string().min(1) });
export type StoredToken = z.infer<typeof storedToken>;

const account = (profileId: string) => `session ${profileId}`;

export function storeToken(
  keychain: Keychain,
  profileId: string,
  stored: StoredToken,
): Promise<Result<void>> {
  return keychain.set(account(profileId), JSON.stringify(stored));
}

/** The token of the session on `serverUrl`, or why there is none. A damaged entry is as good as absent. */
export async function loadToken(
  keychain: Keychain,
  profileId: string,
  serverUrl: string,
): Promise<{ state: KeychainState; token: string | null }> {
  const found = await keychain.get(account(profileId));
  if (found.state !== 'ok') return { state: found.state, token: null };
  const parsed = storedToken.safeParse(parseJson(found.value));
  const isOurs = parsed.success && parsed.data.serverUrl === serverUrl;
  return isOurs ? { state: 'ok', token: parsed.data.token } : { state: 'absent', token: null };
}

export function deleteToken(keychain: Keychain, profileId: string): Promise<Result<void>> {
  return keychain.delete(account(profileId));
}
