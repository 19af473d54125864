import type { Page } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectAccessible, expectFits, PanelLab, type Visit } from './lab.ts';
import { codeField } from './screen.ts';

let lab: PanelLab;
let admin: Visit;
beforeAll(async () => {
  lab = await PanelLab.start(1);
  admin = await lab.signedIn(lab.admin, '/api-tokens');
});
afterAll(() => lab?.stop());

const inDialog = (page: Page, name: string) =>
  page.getByRole('dialog').getByRole('button', { name, exact: true });
const row = (name: string) => admin.page.getByRole('row').filter({ hasText: name });
const use = async (token: string, at = '/api/v1/members') =>
  (await lab.ask('GET', at, { authorization: `Bearer ${token}` })).status;

/** Makes a token through the page; the answer is what the page copies. */
async function make(name: string, scopes: readonly string[], addresses = ''): Promise<string> {
  const { page } = admin;
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  for (const scope of scopes) await page.getByRole('checkbox', { name: new RegExp(`${scope}$`) }).check();
  await page.getByLabel('Allowed addresses').fill(addresses);
  await inDialog(page, 'Make token').click();
  await page.getByRole('dialog', { name: 'Your new token' }).waitFor();
  await inDialog(page, 'Copy').click();
  await inDialog(page, 'Copied').waitFor();
  const token = await page.evaluate(() => navigator.clipboard.readText());
  await inDialog(page, 'I have copied it').click();
  await row(name).waitFor();
  return token;
}

test('a token is shown once, works, and its last use is shown', async () => {
  const { page } = admin;
  const token = await make('SIEM', ['members:read']);
  expect(await page.content()).not.toContain(token);
  await row('SIEM').getByText('Never').waitFor();
  expect(await use(token)).toBe(200);
  await page.reload();
  await row('SIEM')
    .getByText(/from \d+\.\d+\.\d+\.\d+/)
    .waitFor();
  await row('SIEM').getByText('1 use').waitFor();
});

test('outside its scope a token is refused', async () => {
  const token = await make('reader of logs', ['logs:read']);
  expect(await use(token, '/api/v1/system-level-logs')).toBe(200);
  expect(await use(token)).toBe(403);
});

test('outside its addresses a token is refused', async () => {
  const token = await make('from elsewhere', ['members:read'], '192.0.2.0/24, 2001:db8::1');
  await row('from elsewhere').getByText('192.0.2.0/24').waitFor();
  expect(await use(token)).toBe(401);
});

test('after its expiry a token is refused and marked', async () => {
  const token = await make('short lived', ['members:read']);
  expect(await use(token)).toBe(200);
  lab.sql('update api_token set expires_at = ? where name = ?', Date.now() - 1000, 'short lived');
  expect(await use(token)).toBe(401);
  await admin.page.reload();
  await row('short lived').getByText('Expired').waitFor();
  expect(await row('short lived').getByRole('button').count()).toBe(0);
});

test('a revoked token is refused at once and stays in the list', async () => {
  const { page } = admin;
  const token = await make('to revoke', ['members:read']);
  await page.getByRole('button', { name: 'Revoke to revoke' }).click();
  await inDialog(page, 'Revoke').click();
  await page.getByText('to revoke is revoked.').waitFor();
  await row('to revoke').getByText('Revoked').waitFor();
  expect(await use(token)).toBe(401);
});

test('after a restore each token waits for an owner, and for nobody else; confirmed it works again', async () => {
  const { page } = admin;
  const token = await make('suspended', ['members:read']);
  lab.sql("update api_token set suspended_at = ? where name = 'suspended'", Date.now());
  expect(await use(token)).toBe(401);
  lab.sql("update member set role = 'administrator' where email = ?", lab.admin.email);
  await page.reload();
  await row('suspended').getByText('To be confirmed').waitFor();
  expect(await row('suspended').getByRole('button').allTextContents()).toEqual(['Revoke']);
  lab.sql("update member set role = 'owner' where email = ?", lab.admin.email);
  await page.reload();
  await page.getByText('refused until an owner confirms each').waitFor();
  await expectAccessible(page, 'suspended tokens');
  await expectFits(page, 'suspended tokens');
  await page.getByRole('button', { name: 'Confirm suspended' }).click();
  await inDialog(page, 'Confirm').click();
  await page.getByText('suspended works again.').waitFor();
  expect(await use(token)).toBe(200);
  expect(await page.getByText('refused until an owner confirms each').count()).toBe(0);
});

test('what cannot be a token is refused beside its field, and the dialog keeps what was typed', async () => {
  const { page } = admin;
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByLabel('Name', { exact: true }).fill('bad');
  await page.getByLabel('Valid for (days)').fill('0');
  await page.getByLabel('Allowed addresses').fill('somewhere');
  await inDialog(page, 'Make token').click();
  await page.getByText('Choose at least one scope.').waitFor();
  await page.getByText('A whole number from 1 to 3650.').waitFor();
  await page.getByText('Each must be an address or a network').waitFor();
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('bad');
  await page.keyboard.press('Escape');
  expect(admin.complaints).toEqual([]);
});

test('once the last code is five minutes old one is asked for, over what was typed', async () => {
  const { page } = admin;
  lab.ageProofs();
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Watch');
  await page.getByRole('checkbox', { name: /members:read$/ }).check();
  await inDialog(page, 'Make token').click();
  const asked = page.getByRole('dialog', { name: 'Is it you?' });
  await asked.waitFor();
  await expectAccessible(page, 'a code that is asked for');
  await codeField(page).fill(lab.admin.phone?.oldCode() ?? '');
  await asked.getByRole('alert').filter({ hasText: 'did not match' }).waitFor();
  await page.keyboard.press('Escape');
  await asked.waitFor({ state: 'detached' });
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Watch');
  await inDialog(page, 'Make token').click();
  await codeField(page).fill((await lab.admin.phone?.code()) ?? '');
  await page.getByRole('dialog', { name: 'Your new token' }).waitFor();
  await inDialog(page, 'I have copied it').click();
  await row('Watch').waitFor();
  expect(admin.complaints).toEqual([]);
});
