import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asPage, expectAccessible, expectFits, givePassword, PanelLab, signIn, within } from './lab.ts';
import { Phone } from './oathtool.ts';
import { alert, button, card, codeField, heading, saveCodes, shownSecret } from './screen.ts';

/** What lets a person in while strangers guess at the password. */
const TRUSTED = '__Host-postern-trusted';

let lab: PanelLab;
beforeAll(async () => {
  lab = await PanelLab.start(11);
});
afterAll(() => lab?.stop());

describe('signing in', () => {
  test('takes password and code, opens the account, and the page complains of nothing', async () => {
    const { page, complaints } = await lab.visit();
    await expectAccessible(page, 'sign-in');
    await expectFits(page, 'sign-in');
    await signIn(page, lab.newMember());
    await heading(page, 'Security').waitFor();
    expect(new URL(page.url()).pathname).toBe('/account/security');
    expect(await page.title()).toBe('Security · Postern local stack');
    expect(complaints).toEqual([]);
  });

  test('keeps the address that was asked for', async () => {
    const { page } = await lab.signedIn(lab.newMember(), '/account/devices');
    await heading(page, 'Devices & sessions').waitFor();
    await expect.poll(() => card(page, 'Sessions').getByText('This session').count(), within).toBe(1);
    expect(new URL(page.url()).pathname).toBe('/account/devices');
  });

  test('says the same whether the account or the password is wrong', async () => {
    const { page } = await lab.visit();
    const member = lab.newMember();
    await givePassword(page, { ...member, password: 'not the password' });
    await alert(page, 'E-mail or password is wrong.').waitFor();
    expect(await page.getByLabel('Password', { exact: true }).inputValue()).toBe('');
    await givePassword(page, { ...member, email: 'nobody@example.com' });
    await alert(page, 'E-mail or password is wrong.').waitFor();
    expect(await page.getByLabel('E-mail').inputValue()).toBe('nobody@example.com');
  });

  test('refuses a wrong code with the tries that are left, and a used one with the time to the next', async () => {
    const member = lab.newMember();
    const phone = member.phone ?? expect.unreachable();
    // Typed twice, with all that lies in between.
    const used = await phone.code(30_000);
    const first = await lab.visit();
    await givePassword(first.page, member);
    await codeField(first.page).fill(phone.oldCode());
    await alert(first.page, 'That code did not match.').waitFor();
    await alert(first.page, '4 tries left').waitFor();
    await expectAccessible(first.page, 'wrong code');
    await codeField(first.page).fill(used);
    await heading(first.page, 'Security').waitFor();

    const second = await lab.visit();
    await givePassword(second.page, member);
    await codeField(second.page).fill(used);
    await alert(second.page, 'Already used.').waitFor();
    // Once its step is over there is nothing to count down to.
    const told = second.page.getByText(/Next code in|Enter the one|Already used/);
    expect(await told.count()).toBeGreaterThan(0);
  });

  test('takes a backup code once', async () => {
    const member = lab.newMember();
    const codes = await makeCodes(member);
    const { page } = await lab.visit();
    await givePassword(page, member);
    await page.getByText('Use another way').click();
    await button(page, 'Backup code').click();
    await page.getByLabel('Backup code').fill((codes[0] ?? '').toLowerCase().replaceAll('-', ' '));
    await button(page, 'Sign in').click();
    await heading(page, 'Security').waitFor();
    await card(page, 'Backup codes').getByText('9 codes left').waitFor();

    const again = await lab.visit();
    await givePassword(again.page, member);
    await again.page.getByText('Use another way').click();
    await button(again.page, 'Backup code').click();
    await again.page.getByLabel('Backup code').fill(codes[0] ?? '');
    await button(again.page, 'Sign in').click();
    await alert(again.page, /backup code (was used before|did not match)/).waitFor();
  });

  test('leads who has no second factor through its set-up where the team requires one', async () => {
    const member = await lab.addMember();
    const { page, complaints } = await lab.visit();
    await givePassword(page, member);
    await heading(page, 'Set up your authenticator').waitFor();
    await page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor();
    await expectAccessible(page, 'forced set-up');
    await expectFits(page, 'forced set-up');
    const phone = new Phone(await shownSecret(page));
    await codeField(page).fill(phone.oldCode());
    await alert(page, 'That code did not match.').waitFor();
    await codeField(page).fill(await phone.code());
    expect(await saveCodes(page)).toHaveLength(10);
    await page.getByText('Sign in with your password and a code.').waitFor();
    expect(await page.getByLabel('E-mail').inputValue()).toBe(member.email);
    await signIn(page, { ...member, phone });
    await heading(page, 'Security').waitFor();
    expect(complaints).toEqual([]);
  });

  test('works with the keyboard alone', async () => {
    const { page } = await lab.visit();
    const member = lab.newMember();
    await heading(page, 'Sign in').waitFor();
    await page.keyboard.type(member.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(member.password);
    await page.keyboard.press('Enter');
    await codeField(page).waitFor();
    await page.keyboard.type((await member.phone?.code()) ?? '');
    await heading(page, 'Security').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content');
  });
});

describe('the session', () => {
  test('is a cookie that no script reads and that goes nowhere else', async () => {
    const { page } = await lab.signedIn(lab.newMember());
    const cookies = await page.context().cookies();
    // The second one opens nothing: it says that somebody has signed in here before.
    expect(cookies.map(({ name }) => name).toSorted()).toEqual(['__Host-postern-panel', TRUSTED]);
    for (const cookie of cookies)
      expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/' });
    expect(await page.evaluate(() => document.cookie)).toBe('');
    const wrong = await asPage(page, 'POST', 'account/backup-codes', {}, 'not the token');
    expect(wrong).toMatchObject({ status: 403, body: { code: 'csrf-token-invalid' } });
    await button(page, 'Sign out').click();
    await page.getByText('You are signed out.').waitFor();
    expect((await page.context().cookies()).map(({ name }) => name)).toEqual([TRUSTED]);
    await page.reload();
    await heading(page, 'Sign in').waitFor();
  });

  test('that a disconnect ended under the page is told why, and taken up again without losing what was typed', async () => {
    const member = lab.newMember();
    const { page } = await lab.signedIn(member);
    await button(page, 'Change password').click();
    await page.getByLabel('Current password').fill(member.password);
    await page.getByLabel('New password', { exact: true }).fill('a much better password');
    await page.getByLabel('New password again').fill('a much better password');
    const authorization = `Bearer ${lab.file.apiToken}`;
    const why = { reason: 'Sign-in from a new country', incident_id: 'INC-7' };
    await lab.ask('POST', `/api/v1/member/${member.id}/disconnect`, { authorization }, why);
    await button(page, 'Change password').click();
    const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
    await dialog.waitFor();
    await dialog.getByText('Your team ended your connections and signed you out').waitFor();
    await dialog.getByText('Sign-in from a new country').waitFor();
    await dialog.getByText('Incident INC-7').waitFor();
    await expectAccessible(page, 'session ended');
    await dialog.getByLabel('Password', { exact: true }).fill(member.password);
    await button(dialog, 'Sign in').click();
    await codeField(page).fill((await member.phone?.code()) ?? '');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.getByLabel('New password', { exact: true }).inputValue()).toBe(
      'a much better password',
    );
    await button(page, 'Change password').click();
    await page.getByText('Your password is changed.').waitFor();
  });

  test('leaves nothing of one member to another who signs in over it', async () => {
    const [first, second] = [lab.newMember(), lab.newMember()];
    const { page } = await lab.signedIn(first);
    lab.sql('update session set ended_at = ? where member_id = ?', Date.now(), first.id);
    await page.getByRole('link', { name: 'Activity' }).click();
    const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
    await dialog.waitFor();
    await button(dialog, 'Sign in as somebody else').click();
    await heading(page, 'Sign in').waitFor();
    await signIn(page, second);
    await page.getByText(second.email).waitFor();
    await expect.poll(() => page.getByText(first.email).count(), within).toBe(0);
  });
});

test('without an answer of the server the page says so and goes on when it is back', async () => {
  const { page } = await lab.visit();
  await heading(page, 'Sign in').waitFor();
  await page.context().setOffline(true);
  await givePassword(page, {
    id: '',
    email: 'a@example.com',
    password: 'kept for the next try',
    phone: null,
  });
  await alert(page, 'The server cannot be reached.').waitFor();
  expect(await page.getByLabel('Password', { exact: true }).inputValue()).toBe('kept for the next try');
  await page.context().setOffline(false);
  await button(page, 'Sign in').click();
  await alert(page, 'E-mail or password is wrong.').waitFor();
});

/** Ten codes of a member who has just signed in with a code. */
async function makeCodes(member: Parameters<typeof signIn>[1]): Promise<string[]> {
  const { page } = await lab.signedIn(member);
  await button(card(page, 'Backup codes'), 'Regenerate').click();
  await button(page.getByRole('dialog'), 'Regenerate').click();
  const codes = await saveCodes(page);
  await page.context().close();
  return codes;
}
