import type { Locator, Page } from '@playwright/test';
import type { FreshCodes } from '../../lab/totp-steps.ts';
import { en as app } from '../../src-renderer/strings/en.ts';
import { en as shared } from '../../src-ui/strings/en.ts';
import { type AppLab, type AppOnLaptop, expectPhase, type Member, PATIENCE_MS } from './app-lab.ts';

/** The window's parts by what a person reads, and the ways through them. */

export const words = { ...shared, ...app };

export const codeField = (page: Page): Locator => page.getByLabel(words.code.totpLabel);
export const pinField = (page: Page | Locator): Locator =>
  page.getByLabel(words.unlock.pin.label, { exact: true });
export const gateDialog = (page: Page): Locator => page.getByRole('dialog');
export const button = (page: Page | Locator, name: string): Locator =>
  page.getByRole('button', { name, exact: true });
export const stateWord = (page: Page): Locator => page.getByRole('heading', { level: 1 });

/** From the first screen to the password, past the server that the stack suggests. */
export async function lookUpServer(page: Page): Promise<void> {
  await button(page, words.signIn.continue).click();
  await page.getByLabel(words.credentials.email).waitFor({ timeout: PATIENCE_MS });
}

export async function givePassword(page: Page, member: Member): Promise<void> {
  await page.getByLabel(words.credentials.email).fill(member.email);
  await page.getByLabel(words.credentials.password, { exact: true }).fill(member.password);
  await button(page, words.credentials.submit).click();
  await codeField(page).waitFor({ timeout: PATIENCE_MS });
}

/** Signs in with the code; resolves on Home. */
export async function signIn(page: Page, member: Member, code: string): Promise<void> {
  await lookUpServer(page);
  await givePassword(page, member);
  await codeField(page).pressSequentially(code);
  await page.getByRole('navigation').waitFor({ timeout: PATIENCE_MS });
}

export interface SignedIn extends AppOnLaptop {
  page: Page;
  member: Member;
  /** Not used yet, and accepted in this order. */
  codes: Omit<FreshCodes, 'previous'>;
}

/** A fresh app with a member signed in. */
export async function signedIn(
  lab: AppLab,
  options: Parameters<AppLab['launch']>[0] = {},
): Promise<SignedIn> {
  const running = await lab.launch(options);
  const page = await running.desktop.page();
  const member = lab.newMember();
  const codes = await lab.codes(member);
  await signIn(page, member, codes.previous).catch(async (error: Error) => {
    const shown = await page.locator('body').textContent();
    throw new Error(`${error.message}\nThe window: ${shown}\nMain: ${running.app.output()}`);
  });
  return { ...running, page, member, codes };
}

/** The same, connected with the proof of the sign-in. */
export async function connected(lab: AppLab): Promise<SignedIn> {
  const running = await signedIn(lab);
  await button(running.page, words.home.connect).click();
  await expectPhase(running.page, 'connected');
  return running;
}

/** Kicked a moment ago: the gate is open. */
export async function atGate(lab: AppLab): Promise<SignedIn> {
  const running = await connected(lab);
  await lab.kick(running.member);
  await gateDialog(running.page).waitFor({ timeout: PATIENCE_MS });
  return running;
}
