import type { Page } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, expectPeer } from './admin-steps.ts';
import { givePassword, PanelLab, type Visit, within } from './lab.ts';

let lab: PanelLab;
let admin: Visit;
beforeAll(async () => {
  lab = await PanelLab.start(8);
  admin = await lab.signedIn(lab.admin, '/members');
});
afterAll(() => lab?.stop());

const open = async (page: Page, id: string) => {
  await page.goto(`${lab.url}/members/${id}`);
  await page.getByRole('heading', { name: 'Second factor' }).waitFor();
};
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const inDialog = (page: Page, name: string) =>
  page.getByRole('dialog').getByRole('button', { name, exact: true });
const rows = (page: Page) => page.getByRole('table', { name: 'Members' }).getByRole('row');

test('search and status narrow the list, and are in the address', async () => {
  const { page } = admin;
  await page.getByText('9 members', { exact: true }).waitFor();
  await page.getByLabel('Search name or e-mail').fill('member3');
  await page.getByText('1 member', { exact: true }).waitFor();
  expect(await rows(page).nth(1).textContent()).toContain('Not connected');
  expect(new URL(page.url()).search).toBe('?search=member3');
  await page.getByLabel('Status').selectOption('blocked');
  await page.getByText('Nobody fits').waitFor();
  await page.reload();
  expect(await page.getByLabel('Search name or e-mail').inputValue()).toBe('member3');
  await page.getByText('Nobody fits').waitFor();
});

test('a disconnect with a reason says honestly what came of it, and the tunnel is gone', async () => {
  const { page } = admin;
  const member = lab.newMember();
  const client = await connect(lab, member);
  const channel = await client.openChannel();
  await expectPeer(lab, client, true);
  await open(page, member.id);
  await page.getByRole('link', { name: 'gw1' }).waitFor();
  await press(page, 'Disconnect');
  await page.getByLabel('Reason (optional)').fill('Sign-in from a new country');
  await inDialog(page, 'Disconnect').click();
  const result = page.getByRole('dialog');
  await result.getByText('1 connection ended.').waitFor();
  await result.getByText('no packet passes any more').waitFor();
  await result.getByText('1 device was told at once.').waitFor();
  expect(await result.getByText('may reconnect by itself').count()).toBe(0);
  await expectPeer(lab, client, false);
  await expect.poll(() => JSON.stringify(channel.frames), within).toContain('Sign-in from a new country');
  await inDialog(page, 'Done').click();
  await page.getByText('Not connected.').waitFor();
  expect((await client.tryConnect()).status).toBe(401);
  client.close();
});

test('an added member has a password that is shown once and opens the panel', async () => {
  const { page } = admin;
  await page.goto(`${lab.url}/members`);
  await press(page, 'Add member');
  await inDialog(page, 'Add').click();
  await page.getByText('Fill in this field.').first().waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Grace Hopper');
  await page.getByLabel('E-mail', { exact: true }).fill('grace@example.com');
  await inDialog(page, 'Add').click();
  const password = await page
    .getByRole('dialog')
    .locator('.copy-box')
    .locator('input, code')
    .first()
    .evaluate((element) =>
      element instanceof HTMLInputElement ? element.value : (element.textContent ?? ''),
    );
  await page.keyboard.press('Escape');
  await inDialog(page, 'I have handed it over').click();
  await page.getByRole('heading', { name: 'Grace Hopper', level: 1 }).waitFor();
  expect(await page.content()).not.toContain(password);
  const grace = await lab.visit();
  await givePassword(grace.page, { id: '', email: 'grace@example.com', password, phone: null });
  await grace.page.getByRole('heading', { name: 'Set up your authenticator' }).waitFor();
});

test('an address that is taken is refused in the dialog, which keeps what was typed', async () => {
  const { page } = admin;
  await page.goto(`${lab.url}/members`);
  await press(page, 'Add member');
  await page.getByLabel('Name', { exact: true }).fill('Second');
  await page.getByLabel('E-mail', { exact: true }).fill(lab.admin.email);
  await inDialog(page, 'Add').click();
  await page.getByText('Another member has this e-mail address.').waitFor();
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Second');
  await page.keyboard.press('Escape');
});

test('an edited member is changed, and only in what was edited', async () => {
  const { page } = admin;
  const member = lab.newMember();
  await open(page, member.id);
  await press(page, 'Edit');
  await page.getByLabel('Name', { exact: true }).fill('Barbara Liskov');
  await page.getByRole('radio', { name: /^Administrator/ }).check();
  await inDialog(page, 'Save').click();
  await page.getByRole('heading', { name: 'Barbara Liskov', level: 1 }).waitFor();
  const [row] = lab.sql('select name, email, role from member where id = ?', member.id);
  expect(row).toEqual({ name: 'Barbara Liskov', email: member.email, role: 'administrator' });
});

test('blocking ends the tunnel and the sign-in; unblocking lets in again', async () => {
  const { page } = admin;
  const member = lab.newMember();
  const client = await connect(lab, member);
  await expectPeer(lab, client, true);
  await open(page, member.id);
  await press(page, 'Block');
  await inDialog(page, 'Block').click();
  await page.getByText('Blocked: connections and sessions have ended.').waitFor();
  await expectPeer(lab, client, false);
  client.close();
  const refused = await lab.visit();
  await givePassword(refused.page, member);
  await refused.page.getByText('has blocked this account').waitFor();
  await press(page, 'Unblock');
  await page.getByText('Unblocked: signing in works again.').waitFor();
  await givePassword(refused.page, member);
  await refused.page.getByLabel('6-digit code').waitFor();
});

test('removing asks for the address to be typed, with the keyboard alone', async () => {
  const { page } = admin;
  const member = lab.newMember();
  await open(page, member.id);
  await page.getByRole('button', { name: 'Remove', exact: true }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.type('somebody else');
  await page.keyboard.press('Enter');
  expect(await page.getByRole('dialog').count()).toBe(1);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(member.email);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Members', level: 1 }).waitFor();
  await page.getByLabel('Search name or e-mail').fill(member.email);
  await page.getByText('Nobody fits').waitFor();
});

test('a reset changes nothing at once, is shown as pending, and can be withdrawn', async () => {
  const { page } = admin;
  const member = lab.newMember();
  await open(page, member.id);
  await press(page, 'Reset MFA');
  await inDialog(page, 'Send the link').click();
  await page.getByText(`The link is on its way to ${member.email}`).waitFor();
  await page.getByText('An authenticator is set up.').waitFor();
  const [mail] = await lab.mailsTo(member.email);
  expect(mail?.text).toContain('#');
  await page.goto(`${lab.url}/members`);
  await press(page, `Withdraw the reset of ${await nameOf(member.id)}`);
  await page.getByText('the link does not work any more').waitFor();
  await expect.poll(() => page.getByRole('heading', { name: 'Pending MFA resets' }).count(), within).toBe(0);
});

test('a disabled authenticator is marked and can be enabled again', async () => {
  const { page } = admin;
  const member = lab.newMember();
  lab.sql('update factor set is_disabled = 1 where member_id = ?', member.id);
  await open(page, member.id);
  await page.getByText('disabled after too many wrong codes').waitFor();
  await press(page, 'Enable again');
  await page.getByText('The authenticator counts again.').waitFor();
  const [factor] = lab.sql('select is_disabled from factor where member_id = ?', member.id);
  expect(factor).toEqual({ is_disabled: 0 });
});

test('the last owner is offered no way to lose the role, and a request for it is refused', async () => {
  const { page } = admin;
  const [owner] = lab.sql("select id from member where role = 'owner'");
  const id = String(owner?.id);
  await open(page, id);
  await page.getByText('Nobody blocks or removes oneself.').waitFor();
  expect(await page.getByRole('button', { name: 'Remove', exact: true }).count()).toBe(0);
  await press(page, 'Edit');
  await page.getByRole('radio', { name: /^Member/ }).check();
  await inDialog(page, 'Save').click();
  await page
    .getByRole('dialog')
    .getByRole('alert')
    .filter({ hasText: /owner|role|administrator/i })
    .first()
    .waitFor();
  await page.keyboard.press('Escape');
  expect(lab.sql('select role from member where id = ?', id)).toEqual([{ role: 'owner' }]);
});

test('5,000 members page by key, and a search among them answers at once', async () => {
  const { page } = admin;
  const now = Date.now();
  lab.sql(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
     insert into member (id, email, name, role, password_hash, is_blocked, created_at)
     select printf('0199%04x-0000-7000-8000-%012x', i, i), 'load' || i || '@example.com',
       'Load ' || printf('%05d', i), 'member', 'none', 0, ? from n`,
    now,
  );
  await page.goto(`${lab.url}/members`);
  await page.getByText(/^5,0\d\d members$/).waitFor();
  expect(await rows(page).count()).toBe(51);
  await press(page, 'Show more');
  await expect.poll(() => rows(page).count(), within).toBe(101);
  await page.getByLabel('Search name or e-mail').fill('load 04999');
  await page.getByText('1 member', { exact: true }).waitFor();
  expect(admin.complaints).toEqual([]);
});

async function nameOf(id: string): Promise<string> {
  return String(lab.sql('select name from member where id = ?', id)[0]?.name);
}
