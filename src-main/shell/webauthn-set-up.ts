import { app, systemPreferences } from 'electron';
import type { TouchIdOptions } from '../app/touch-id-provider.ts';

/** The build writes the team of the Mac signature here; from source it is empty. */
const MAC_TEAM_ID = process.env.POSTERN_MAC_TEAM_ID ?? '';
const TEAM_ID = /^[A-Z0-9]{10}$/;

export interface WebAuthnSetUp {
  platform: string;
  isPackaged: boolean;
  /** What macOS says the app wants to do: `"Postern" is trying to …`. */
  promptReason: string;
  teamId?: string;
}

/**
 * Has Chromium keep its keys in the Secure Enclave, under the app's own key group, and never as synced passkeys. Whether
 * WebAuthn can be used then: on macOS only by an installed app whose signature carries that group.
 */
export function setUpWebAuthn({
  platform,
  isPackaged,
  promptReason,
  teamId = MAC_TEAM_ID,
}: WebAuthnSetUp): boolean {
  if (platform !== 'darwin') return true;
  if (!isPackaged || !TEAM_ID.test(teamId)) return false;
  const keychainAccessGroup = `${teamId}.io.postern.desktop.webauthn`;
  app.configureWebAuthn({ touchID: { keychainAccessGroup, promptReason } });
  return true;
}

/** macOS's own sheet, "Touch ID or Mac password". */
export const touchIdPrompt: TouchIdOptions = {
  canPrompt: () => systemPreferences.canPromptTouchID(),
  prompt: (reasonText) => systemPreferences.promptTouchID(reasonText),
};
