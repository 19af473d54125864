import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { entitlementsFor, macKeys } from './mac-keys.ts';

const checkout = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(checkout, file), 'utf8');
const keys = { teamId: 'ABCDE12345', provisioningProfile: '/x.provisionprofile' };

test('a build claims the key group only with a profile that allows it', () => {
  expect(macKeys({})).toBeNull();
  expect(macKeys({ APPLE_TEAM_ID: 'ABCDE12345' })).toBeNull();
  const env = { APPLE_TEAM_ID: 'ABCDE12345', MAC_PROVISIONING_PROFILE: '/x.provisionprofile' };
  expect(macKeys(env)).toEqual(keys);
  expect(() => macKeys({ ...env, APPLE_TEAM_ID: '' })).toThrow('APPLE_TEAM_ID');
});

test('the entitlements keep what they had and name the group that the app asks for', () => {
  const plist = read('assets/macos/entitlements.plist');
  const made = entitlementsFor(plist, keys);
  expect(made).toContain('com.apple.security.cs.allow-jit');
  expect(made).toContain('<string>ABCDE12345.io.postern.desktop.webauthn</string>');
  expect(made.trimEnd().endsWith('  </dict>\n</plist>')).toBe(true);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is the text of a source file.
  expect(read('src-main/shell/webauthn-set-up.ts')).toContain('`${teamId}.io.postern.desktop.webauthn`');
  expect(plist).not.toContain('keychain-access-groups');
});
