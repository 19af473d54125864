import type { Page } from '@playwright/test';
import { en as admin } from '../../../src-panel/admin/strings/en.ts';
import { en } from '../../../src-panel/strings/en.ts';
import { en as app } from '../../../src-ui/strings/en.ts';

/** What a person does before a picture; each ends when what is to be seen is there. */
type Step = (page: Page) => Promise<void>;

const press = (page: Page, name: string): Promise<void> =>
  page.getByRole('button', { name, exact: true }).first().click();

export const seen =
  (text: string): Step =>
  (page) =>
    page.getByText(text, { exact: true }).filter({ visible: true }).first().waitFor();

const givePassword: Step = async (page) => {
  await page.getByLabel(app.credentials.email).fill('grace@northwind.example');
  await page.getByLabel(app.credentials.password, { exact: true }).fill('correct horse battery');
  await press(page, app.credentials.submit);
};
export const toCode: Step = async (page) => {
  await givePassword(page);
  await page.getByLabel(app.code.totpLabel).fill('492');
};
export const toSetUp: Step = async (page) => {
  await givePassword(page);
  await page.getByRole('img', { name: en.authenticator.qr }).waitFor();
};
export const toCodes: Step = async (page) => {
  await toSetUp(page);
  await page.getByLabel(app.code.totpLabel).fill('492039');
  await page.getByRole('list', { name: en.codes.list }).waitFor();
};

export const toRefusedPassword: Step = async (page) => {
  await givePassword(page);
  for (const label of [app.newPassword.label, app.newPassword.again])
    await page.getByLabel(label, { exact: true }).fill('Password1234!');
  await press(page, app.newPassword.submit);
  await page.getByText(app.passwordWeakness.common).waitFor();
};

const beginReset: Step = async (page) => {
  await page.getByLabel(en.reset.password, { exact: true }).fill('correct horse battery');
  await press(page, en.reset.begin);
};
export const toResetAuthenticator: Step = async (page) => {
  await beginReset(page);
  await page.getByRole('img', { name: en.authenticator.qr }).waitFor();
};
export const toBadLink: Step = async (page) => {
  await beginReset(page);
  await page.getByText(en.reset.badTitle).waitFor();
};

export const toDisconnect: Step = async (page) => {
  await press(page, admin.member.disconnect);
  await page.getByLabel(admin.member.reason).fill('Sign-in from a new country');
  await page.getByLabel(admin.member.incident).fill('INC-20417');
};

export const toTemporaryPassword: Step = async (page) => {
  await press(page, admin.member.givePassword);
  await page.getByRole('dialog').getByRole('button', { name: admin.member.givePassword }).click();
  await page.getByLabel(admin.members.temporaryPassword, { exact: true }).waitFor();
};

export const unlockToo: Step = async (page) => {
  await page.getByRole('switch', { name: admin.policy.unlock }).check();
  await page.getByText(admin.policy.tightened).waitFor();
};

export const toHoldBack: Step = async (page) => {
  await page.getByRole('radio', { name: admin.policy.modes.gate.name }).check();
  await page
    .getByText(admin.policy.cannotGuard(2, 14))
    .evaluate((element) => element.scrollIntoView({ block: 'center' }));
};

/** What will not work with everything through a gateway without name servers and IPv6. */
export const toTroubles: Step = async (page) => {
  await press(page, admin.gateways.add);
  await page.getByLabel(admin.gateways.name, { exact: true }).fill('Oslo');
  await page.getByLabel(admin.gateways.subnet, { exact: true }).fill('10.86.4.0/24');
  await press(page, admin.gateways.addDo);
  await page.getByText(admin.gateways.troubles['ipv6-refused']()).waitFor();
};
export const toEdit: Step = async (page) => {
  await press(page, admin.gateways.edit);
  await page.getByLabel(admin.gateways.mtu).waitFor();
};
export const toRenewToken: Step = async (page) => {
  await press(page, admin.gateways.token.renew);
  await page.getByRole('switch', { name: admin.gateways.token.endNow }).waitFor();
};
export const toTokenLine: Step = async (page) => {
  await toRenewToken(page);
  await press(page, admin.gateways.token.make);
  await page.getByLabel(admin.gateways.token.line).waitFor();
};
export const toInstallLine: Step = async (page) => {
  await toTroubles(page);
  await press(page, admin.gateways.addAnyway);
  await page.getByLabel(admin.gateways.installLine).waitFor();
};

export const toNewToken: Step = async (page) => {
  await press(page, admin.tokens.make);
  await page.getByLabel(admin.tokens.name, { exact: true }).fill('SOC on call');
  await page.getByRole('checkbox', { name: /^Read members/ }).check();
  await page.getByRole('checkbox', { name: /^Disconnect members/ }).check();
  await press(page, admin.tokens.makeDo);
  await page.getByLabel(admin.tokens.token, { exact: true }).waitFor();
};

/** The call that ends a member's connections, filled in and not sent. */
export const fillDisconnect: Step = async (page) => {
  const operation = page.getByLabel(admin.api.operation);
  await operation.selectOption('POST /api/v1/member/{teamMemberId}/disconnect');
  await page.getByLabel('teamMemberId').fill('0198a000-0000-7000-8001-000000000007');
  await page.getByLabel('reason').fill('Sign-in from a new country');
};
