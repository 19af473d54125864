import type { Page } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asPage, expectAccessible, expectFits, givePassword, PanelLab, type Person, within } from './lab.ts';
import { Phone } from './oathtool.ts';
import { alert, button, codeField, heading, saveCodes, shownSecret } from './screen.ts';

const DAY_MS = 24 * 3_600_000;

let lab: PanelLab;
let admin: Page;
beforeAll(async () => {
  lab = await PanelLab.start(8);
  admin = (await lab.signedIn(lab.admin)).page;
});
afterAll(() => lab?.stop());

/** An administrator resets the member's MFA; the link of the mail, as it is in its text. */
async function resetLink(member: Person): Promise<string> {
  const before = (await mailed(member)).length;
  const answer = await asPage(admin, 'POST', `members/${member.id}/mfa-reset`);
  expect(answer.status).toBeLessThan(300);
  const mails = await lab.mailsTo(member.email, before + 1);
  const link = mails
    .filter(({ text }) => text.includes('/mfa-reset#'))
    .map(({ text }) => /https:\/\/\S+\/mfa-reset#\S+/.exec(text)?.[0])
    .at(0);
  return link ?? expect.unreachable('a link in the mail');
}

const mailed = (member: Person) => lab.mailsTo(member.email, 0);

async function follow(link: string): Promise<{ page: Page; complaints: string[] }> {
  expect(link.startsWith(lab.url)).toBe(true);
  return lab.visit(link.slice(lab.url.length));
}

async function enterPassword(page: Page, password: string): Promise<void> {
  await page.getByLabel('Your password').fill(password);
  await button(page, 'Continue').click();
}

const hasBadLink = (page: Page, why: string) =>
  Promise.all([heading(page, 'This link does not work').waitFor(), page.getByText(why).waitFor()]);

test('the link leads by password and code to a new authenticator, and only then the old one ends', async () => {
  const member = lab.newMember();
  const old = member.phone ?? expect.unreachable();
  const before = await lab.signedIn(member);
  const link = await resetLink(member);
  const { page, complaints } = await follow(link);
  await heading(page, 'Set up a new authenticator').waitFor();
  // The token stands in no address, and so in no history and no request.
  expect(page.url()).toBe(`${lab.url}/mfa-reset`);
  await expectAccessible(page, 'reset');
  await expectFits(page, 'reset');
  await button(page, 'Continue').click();
  await alert(page, 'Enter your password.').waitFor();
  await enterPassword(page, member.password);
  const secret = await shownSecret(page);
  expect(secret).not.toBe(old.secret);
  await expectAccessible(page, 'reset, QR code');
  // Nothing has changed yet: session and old authenticator are good.
  expect(await asPage(before.page, 'GET', 'account')).toMatchObject({ status: 200 });
  await lab.signedIn(member);

  const phone = new Phone(secret);
  await codeField(page).fill(phone.oldCode());
  await alert(page, 'That code did not match.').waitFor();
  await codeField(page).fill(await phone.code());
  expect(await saveCodes(page)).toHaveLength(10);
  await heading(page, 'Your new authenticator is in force').waitFor();
  await expectAccessible(page, 'reset, done');
  expect(await before.page.evaluate(async () => (await fetch('/panel/v1/account')).status)).toBe(401);
  await button(page, 'To sign-in').click();
  await givePassword(page, member);
  await codeField(page).fill(await old.code());
  await alert(page, 'That code did not match.').waitFor();
  await codeField(page).fill(await phone.code());
  await heading(page, 'Security').waitFor();
  expect(complaints).toEqual([]);

  const again = await follow(link);
  await enterPassword(again.page, member.password);
  await hasBadLink(again.page, 'It was used already.');
  await expectAccessible(again.page, 'bad link');
});

test('a wrong password gets nothing and is counted, and the right one still works', async () => {
  const member = lab.newMember();
  const { page } = await follow(await resetLink(member));
  await enterPassword(page, 'not the password');
  await alert(page, 'That password is wrong.').waitFor();
  expect(await page.getByLabel('Your password').inputValue()).toBe('');
  await enterPassword(page, member.password);
  await codeField(page).waitFor();

  const other = lab.newMember();
  const guessing = await follow(await resetLink(other));
  for (let tries = 0; tries < 5; tries++) {
    await enterPassword(guessing.page, `guess ${tries}`);
    await alert(guessing.page, /wrong|Too many/).waitFor();
    await expect.poll(() => guessing.page.locator('[aria-busy]').count(), within).toBe(0);
  }
  await enterPassword(guessing.page, 'guess 6');
  await alert(guessing.page, 'Too many attempts').waitFor();
  await guessing.page.getByText('Try again in').waitFor();
});

test('after 24 hours it is over', async () => {
  const member = lab.newMember();
  const { page } = await follow(await resetLink(member));
  lab.sql('update mfa_reset set expires_at = expires_at - ? where member_id = ?', DAY_MS, member.id);
  await enterPassword(page, member.password);
  await hasBadLink(page, 'It was valid for 24 hours, and they are over.');
  await lab.signedIn(member);
});

test('withdrawn by the administrator it is worthless, also between password and code', async () => {
  const member = lab.newMember();
  const { page } = await follow(await resetLink(member));
  await enterPassword(page, member.password);
  const phone = new Phone(await shownSecret(page));
  const [row] = lab.sql('select id from mfa_reset where member_id = ?', member.id);
  const withdrawn = await asPage(admin, 'DELETE', `mfa-resets/${String(row?.id)}`);
  expect(withdrawn.status).toBe(204);
  await codeField(page).fill(await phone.code());
  await hasBadLink(page, 'Your administrator has withdrawn it.');
  await lab.signedIn(member);
});

test('a newer one takes the place of an older one', async () => {
  const member = lab.newMember();
  const first = await resetLink(member);
  const second = await resetLink(member);
  expect(second).not.toBe(first);
  const { page } = await follow(first);
  await enterPassword(page, member.password);
  await heading(page, 'This link does not work').waitFor();
  const { page: newer } = await follow(second);
  await enterPassword(newer, member.password);
  await codeField(newer).waitFor();
});

test('a blocked member gets in by no link', async () => {
  const member = lab.newMember();
  const { page } = await follow(await resetLink(member));
  expect((await asPage(admin, 'POST', `members/${member.id}/block`, {})).status).toBeLessThan(300);
  await enterPassword(page, member.password);
  await page
    .getByText(/blocked|does not work/)
    .first()
    .waitFor();
  expect(await page.getByRole('img', { name: 'QR code' }).count()).toBe(0);
});

test('a link that was cut says what to do', async () => {
  const { page } = await lab.visit('/mfa-reset');
  await hasBadLink(page, 'It is not complete');
  const mistyped = await lab.visit('/mfa-reset#not-a-token');
  await enterPassword(mistyped.page, 'whatever it is');
  await hasBadLink(mistyped.page, 'It is not complete');
});

test('the link of break-glass, printed on the server, brings an owner without a phone back in', async () => {
  const { email, password } = lab.admin;
  const printed = lab.command('member', 'break-glass', email, '--yes');
  const link = /https:\/\/\S+\/mfa-reset#\S+/.exec(printed)?.[0] ?? expect.unreachable('a link');
  const { page, complaints } = await follow(link);
  await enterPassword(page, password);
  const phone = new Phone(await shownSecret(page));
  await codeField(page).fill(await phone.code());
  await saveCodes(page);
  await heading(page, 'Your new authenticator is in force').waitFor();
  await button(page, 'To sign-in').click();
  await givePassword(page, lab.admin);
  await codeField(page).fill(await phone.code());
  await page.locator('#content').waitFor();
  const told = await lab.mailsTo(email);
  expect(told.map(({ text }) => text).join()).toContain('authenticator');
  const again = await follow(link);
  await enterPassword(again.page, password);
  await heading(again.page, 'This link does not work').waitFor();
  expect(complaints).toEqual([]);
});
