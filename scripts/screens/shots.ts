import type { Page } from '@playwright/test';
import { en as app } from '../../src-renderer/strings/en.ts';
import { en as shared } from '../../src-ui/strings/en.ts';

const en = { ...shared, ...app };

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
  await page.getByLabel(en.credentials.email).fill('ada@northwind.example');
}
async function toCode(page: Page): Promise<void> {
  await toPassword(page);
  await page.getByLabel(en.credentials.password, { exact: true }).fill('correct horse');
  await press(page, en.credentials.submit);
  await page.getByLabel(en.code.totpLabel).waitFor();
}
async function toSetUp(page: Page): Promise<void> {
  await page.evaluate(() =>
    window.harness.answer('session.sign-in', { ok: true, value: { step: 'mfa-setup' } }),
  );
  await toPassword(page);
  await page.getByLabel(en.credentials.password, { exact: true }).fill('correct horse');
  await press(page, en.credentials.submit);
  await page.getByRole('img', { name: en.setup.qr }).waitFor();
}
async function toNewPassword(page: Page): Promise<void> {
  await page.evaluate(() =>
    window.harness.answer('session.sign-in', { ok: true, value: { step: 'new-password' } }),
  );
  await toPassword(page);
  await page.getByLabel(en.credentials.password, { exact: true }).fill('given by the administrator');
  await press(page, en.credentials.submit);
  await page.getByLabel(en.newPassword.again).waitFor();
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

async function wrongPin(page: Page): Promise<void> {
  const problem = {
    type: 'urn:postern:problem:wrong-pin',
    code: 'wrong-pin',
    title: 'Wrong PIN',
    status: 401,
    detail: '',
    attemptsLeft: 3,
  };
  await page.evaluate(
    (refusal) => window.harness.answer('connection.submit-proof', { ok: false, problem: refusal }),
    problem,
  );
  await page.getByLabel(en.code.totpLabel).fill('123456');
  await page.getByLabel(en.unlock.pin.label, { exact: true }).fill('000001');
  await press(page, en.gate.submit);
  await page.getByRole('alert').getByText(en.unlock.pin.wrong).waitFor();
}
const otherWays = (page: Page): Promise<void> => page.getByText(en.code.otherWay).click();
const newPin = '849271';
async function toChoose(page: Page): Promise<void> {
  await press(page, en.unlock.intro.start);
  await page.getByLabel(en.unlock.setup.newPin).fill(newPin);
}
async function toConfirm(page: Page): Promise<void> {
  await toChoose(page);
  await page.getByLabel(en.unlock.setup.repeat).fill(newPin);
  await press(page, en.unlock.setup.next);
  await page.getByLabel(en.code.totpLabel).waitFor();
}
async function toTry(page: Page): Promise<void> {
  await toConfirm(page);
  await page.getByLabel(en.code.totpLabel).fill('123456');
  await page.getByText(en.unlock.setup.tryTitle).waitFor();
}
async function toBiometrics(page: Page): Promise<void> {
  await toTry(page);
  await page.getByLabel(en.unlock.pin.label, { exact: true }).fill(newPin);
  await press(page, en.unlock.setup.tryIt);
  await page.getByText(en.unlock.ways.system.offer).waitFor();
}
async function toDone(page: Page): Promise<void> {
  await toBiometrics(page);
  await page.getByLabel(en.code.totpLabel).fill('654321');
  await page.getByText(en.unlock.setup.doneTitle).waitFor();
}
const toPart = (screen: string, heading: string) => async (page: Page) => {
  await press(page, screen);
  await page
    .getByRole('heading', { name: heading, exact: true })
    .evaluate((element) => element.closest('section')?.scrollIntoView({ block: 'center' }));
};

async function toTraffic(page: Page): Promise<void> {
  await press(page, en.nav.settings);
  await page
    .getByText(en.settings.traffic.modes.always.name, { exact: true })
    .evaluate((element) => element.scrollIntoView({ block: 'center' }));
}

/** Every screen, and each state of it that looks different. */
export const shots: readonly Shot[] = [
  { name: 'sign-in-server', scenario: 'signed-out' },
  { name: 'sign-in-trust', scenario: 'signed-out', go: toTrust },
  { name: 'sign-in-password', scenario: 'signed-out', go: toPassword },
  { name: 'sign-in-code', scenario: 'signed-out', go: toCode },
  { name: 'sign-in-new-password', scenario: 'signed-out', go: toNewPassword },
  { name: 'set-up', scenario: 'signed-out', go: toSetUp },
  { name: 'backup-codes', scenario: 'signed-out', go: toBackupCodes },
  { name: 'home-disconnected', scenario: 'disconnected' },
  { name: 'home-connecting', scenario: 'connecting' },
  { name: 'home-connected', scenario: 'connected' },
  { name: 'home-outdated', scenario: 'outdated' },
  { name: 'home-degraded', scenario: 'degraded' },
  { name: 'home-overlap', scenario: 'overlap' },
  { name: 'home-reconnecting', scenario: 'reconnecting' },
  { name: 'home-blocked', scenario: 'blocked' },
  { name: 'home-offline', scenario: 'offline' },
  { name: 'home-guard-team', scenario: 'guard-team' },
  { name: 'home-guard-all', scenario: 'guard-all' },
  { name: 'home-guard-portal', scenario: 'guard-portal' },
  { name: 'home-guard-failed', scenario: 'guard-failed' },
  { name: 'gate', scenario: 'gate-kicked' },
  { name: 'gate-guarded', scenario: 'gate-guarded' },
  { name: 'gate-wrong', scenario: 'gate-kicked', go: wrongCode },
  { name: 'gate-wait', scenario: 'gate-wait' },
  { name: 'renewal', scenario: 'renewal' },
  { name: 'unlock-pin', scenario: 'unlock-pin' },
  { name: 'unlock-pin-last', scenario: 'unlock-pin-last' },
  { name: 'unlock-pin-wait', scenario: 'unlock-pin-wait' },
  { name: 'unlock-system', scenario: 'unlock-system', go: otherWays },
  { name: 'unlock-hello', scenario: 'unlock-hello' },
  { name: 'unlock-mac', scenario: 'unlock-mac' },
  { name: 'unlock-waiting', scenario: 'unlock-waiting' },
  { name: 'unlock-both', scenario: 'unlock-both' },
  { name: 'unlock-both-wrong', scenario: 'unlock-both', go: wrongPin },
  { name: 'unlock-both-hello', scenario: 'unlock-both-hello' },
  { name: 'unlock-set-up', scenario: 'not-enrolled' },
  { name: 'unlock-set-up-choose', scenario: 'not-enrolled', go: toChoose },
  { name: 'unlock-set-up-confirm', scenario: 'not-enrolled', go: toConfirm },
  { name: 'unlock-set-up-try', scenario: 'not-enrolled', go: toTry },
  { name: 'unlock-set-up-biometrics', scenario: 'not-enrolled', go: toBiometrics },
  { name: 'unlock-set-up-done', scenario: 'not-enrolled', go: toDone },
  { name: 'unlock-set-up-impossible', scenario: 'not-enrolled-impossible', go: to(en.unlock.intro.start) },
  { name: 'unlock-locked-out', scenario: 'pin-removed' },
  { name: 'activity', scenario: 'connected', go: to(en.nav.activity) },
  { name: 'activity-empty', scenario: 'no-gateways', go: to(en.nav.activity) },
  { name: 'settings', scenario: 'connected', go: to(en.nav.settings) },
  { name: 'settings-unlock', scenario: 'unlock-ready', go: toPart(en.nav.settings, en.settings.unlock) },
  {
    name: 'settings-unlock-obstacle',
    scenario: 'unlock-obstacle',
    go: toPart(en.nav.settings, en.settings.unlock),
  },
  {
    name: 'settings-devices',
    scenario: 'unlock-ready',
    go: toPart(en.nav.settings, en.unlock.devices.title),
  },
  {
    name: 'settings-traffic',
    scenario: 'guard-rule',
    go: toTraffic,
  },
  { name: 'help-unlock', scenario: 'unlock-ready', go: toPart(en.nav.help, en.unlock.help.part) },
  { name: 'help', scenario: 'connected', go: to(en.nav.help) },
  { name: 'help-diagnostics', scenario: 'offline', go: showDiagnostics },
];

export const themes = ['light', 'dark'] as const;
