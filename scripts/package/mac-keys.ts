/** Group of the keychain under which Chromium keeps the WebAuthn keys; `webauthn-set-up.ts` names it to Electron. */
const KEY_GROUP = 'io.postern.desktop.webauthn';
const TEAM_ID = /^[A-Z0-9]{10}$/;

export interface MacKeys {
  teamId: string;
  /** File of the provisioning profile that allows the group; without one macOS ends an app that claims it. */
  provisioningProfile: string;
}

/** What Touch ID by way of WebAuthn needs of a Mac build; null without it, and the app then asks with macOS's own sheet. */
export function macKeys(env: Readonly<Record<string, string | undefined>>): MacKeys | null {
  const { APPLE_TEAM_ID: teamId = '', MAC_PROVISIONING_PROFILE: provisioningProfile = '' } = env;
  if (provisioningProfile === '') return null;
  if (!TEAM_ID.test(teamId))
    throw new Error('MAC_PROVISIONING_PROFILE needs the team’s APPLE_TEAM_ID beside it');
  return { teamId, provisioningProfile };
}

/** The entitlements file of the checkout with the key group of this team, and the identifiers that go with a profile. */
export function entitlementsFor(plist: string, { teamId }: MacKeys): string {
  const end = plist.lastIndexOf('  </dict>');
  if (end < 0) throw new Error('these are no entitlements');
  const more = `    <key>com.apple.application-identifier</key>
    <string>${teamId}.io.postern.desktop</string>
    <key>com.apple.developer.team-identifier</key>
    <string>${teamId}</string>
    <key>keychain-access-groups</key>
    <array>
      <string>${teamId}.${KEY_GROUP}</string>
    </array>
`;
  return plist.slice(0, end) + more + plist.slice(end);
}
