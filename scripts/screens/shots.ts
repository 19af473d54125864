import type { Page } from '@playwright/test';
import { en } from '../../src-renderer/strings/en.ts';

/** A picture: a scenario of the page's harness, and how a person gets from there to the screen. */
export interface Shot {
  name: string;
  scenario: string;
  go?: (page: Page) => Promise<void>;
}

const press = (page: Page, name: string): Promise<void> =>
  page.getByRole('button', { name, exact: true }).click();
const to = (name: string) => (page: Page) => press(page, name);

async function toTrust(page: Page): Promise<void> {
  await press(page, en.signIn.continue);
  await page.getByText(en.signIn.trustTitle).waitFor();
}
async function toPassword(page: Page): Promise<void> {
  await toTrust(page);
  await press(page, en.signIn.trust);
  await page.getByLabel(en.signIn.email).fill('ada@northwind.example');
}
async function toCode(page: Page): Promise<void> {
  await toPassword(page);
  await page.getByLabel(en.signIn.password, { exact: true }).fill('correct horse');
  await press(page, en.signIn.submit);
  await page.getByLabel(en.code.totpLabel).waitFor();
}
async function toSetUp(page: Page): Promise<void> {
  await page.evaluate(() =>
    window.harness.answer('session.sign-in', { ok: true, value: { step: 'mfa-setup' } }),
  );
  await toPassword(page);
  await page.getByLabel(en.signIn.password, { exact: true }).fill('correct horse');
  await press(page, en.signIn.submit);
  await page.getByRole('img', { name: en.setup.qr }).waitFor();
}
async function toBackupCodes(page: Page): Promise<void> {
  await toSetUp(page);
  await page.getByLabel(en.code.totpLabel).fill('123456');
  await page.getByText(en.backup.title).waitFor();
}
async function wrongCode(page: Page): Promise<void> {
  const problem = {
    type: 'urn:postern:problem:invalid-code',
    code: 'invalid-code',
    title: 'Code not accepted',
    status: 401,
    detail: 'That code did not match.',
    attemptsLeft: 3,
  };
  await page.evaluate(
    (refusal) => window.harness.answer('connection.submit-proof', { ok: false, problem: refusal }),
    problem,
  );
  await page.getByLabel(en.code.totpLabel).fill('123456');
  await page.getByRole('alert').getByText('did not match').waitFor();
}
async function showDiagnostics(page: Page): Promise<void> {
  await press(page, en.nav.help);
  await press(page, en.help.readDiagnostics);
  await page.getByLabel(en.help.diagnosticsLabel).waitFor();
}

/** Every screen, and each state of it that looks different. */
export const shots: readonly Shot[] = [
  { name: 'sign-in-server', scenario: 'signed-out' },
  { name: 'sign-in-trust', scenario: 'signed-out', go: toTrust },
  { name: 'sign-in-password', scenario: 'signed-out', go: toPassword },
  { name: 'sign-in-code', scenario: 'signed-out', go: toCode },
  { name: 'set-up', scenario: 'signed-out', go: toSetUp },
  { name: 'backup-codes', scenario: 'signed-out', go: toBackupCodes },
  { name: 'home-disconnected', scenario: 'disconnected' },
  { name: 'home-connecting', scenario: 'connecting' },
  { name: 'home-connected', scenario: 'connected' },
  { name: 'home-reconnecting', scenario: 'reconnecting' },
  { name: 'home-blocked', scenario: 'blocked' },
  { name: 'home-offline', scenario: 'offline' },
  { name: 'gate', scenario: 'gate-kicked' },
  { name: 'gate-wrong', scenario: 'gate-kicked', go: wrongCode },
  { name: 'gate-wait', scenario: 'gate-wait' },
  { name: 'renewal', scenario: 'renewal' },
  { name: 'activity', scenario: 'connected', go: to(en.nav.activity) },
  { name: 'activity-empty', scenario: 'no-gateways', go: to(en.nav.activity) },
  { name: 'settings', scenario: 'connected', go: to(en.nav.settings) },
  { name: 'help', scenario: 'connected', go: to(en.nav.help) },
  { name: 'help-diagnostics', scenario: 'offline', go: showDiagnostics },
];

export const themes = ['light', 'dark'] as const;
