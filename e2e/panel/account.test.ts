import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asPage, expectAccessible, expectFits, givePassword, PanelLab, type Person, within } from './lab.ts';
import { Phone } from './oathtool.ts';
import { scanQr } from './scan-qr.ts';
import {
  alert,
  button,
  card,
  codeField,
  heading,
  note,
  saveCodes,
  shownCodes,
  shownSecret,
} from './screen.ts';

let lab: PanelLab;
beforeAll(async () => {
  lab = await PanelLab.start(12, ['mfaRequired.panel=false']);
});
afterAll(() => lab?.stop());

const phoneOf = ({ phone }: Person): Phone => phone ?? expect.unreachable('a member with a phone');

describe('turning MFA on', () => {
  test('shows QR code and secret, takes a code of any app, and gives ten backup codes once', async () => {
    const member = await lab.addMember();
    const { page, complaints } = await lab.signedIn(member);
    await card(page, 'Two-factor sign-in').getByText('Off', { exact: true }).waitFor();
    await expectAccessible(page, 'security without MFA');
    await button(page, 'Turn on').click();
    await page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor();
    await expectAccessible(page, 'set-up');
    await expectFits(page, 'set-up');
    const secret = await shownSecret(page);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const scanned = new URL(await scanQr(page.getByRole('img', { name: /^QR code/ })));
      expect(scanned.href).toMatch(/^otpauth:\/\/totp\//);
      expect(decodeURIComponent(scanned.pathname)).toContain(`:${member.email}`);
      expect(Object.fromEntries(scanned.searchParams)).toEqual({ secret, issuer: 'Postern local stack' });
    }
    const phone = new Phone(secret);
    await codeField(page).fill(phone.oldCode());
    await alert(page, 'That code did not match.').waitFor();
    await codeField(page).fill(await phone.code());
    await heading(page, 'Save your backup codes').waitFor();
    await expectAccessible(page, 'backup codes');
    await expectFits(page, 'backup codes');
    const codes = await shownCodes(page);
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^[0-9A-Z]{4}(-[0-9A-Z]{4}){2}$/);

    await button(page, 'Copy').click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(codes.join('\n'));
    const downloading = page.waitForEvent('download');
    await button(page, 'Save as file').click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe('postern-backup-codes.txt');
    const saved = await readFile(await download.path(), 'utf8');
    for (const code of codes) expect(saved).toContain(code);
    expect(saved).toContain(member.email);
    await page.evaluate(() => {
      window.print = () => document.body.setAttribute('data-printed', '');
    });
    await button(page, 'Print').click();
    expect(await page.locator('body[data-printed]').count()).toBe(1);
    await page.emulateMedia({ media: 'print' });
    expect(await button(page, 'Continue').isVisible()).toBe(false);
    expect(await page.getByText(codes[9] ?? '').isVisible()).toBe(true);
    await page.emulateMedia({ media: null });

    // Nothing but the member's word takes them away.
    await button(page, 'Continue').press('Enter');
    expect(await heading(page, 'Save your backup codes').isVisible()).toBe(true);
    const asked = page.waitForEvent('dialog');
    const leaving = page.close({ runBeforeUnload: true });
    const dialog = await asked;
    expect(dialog.type()).toBe('beforeunload');
    await dialog.dismiss();
    await leaving;
    await saveCodes(page);
    await card(page, 'Two-factor sign-in').getByText('On', { exact: true }).waitFor();
    await card(page, 'Backup codes').getByText('10 codes left').waitFor();
    expect((await page.content()).includes(codes[0] ?? '')).toBe(false);
    expect(complaints).toEqual([]);

    const again = await lab.visit();
    await givePassword(again.page, member);
    await codeField(again.page).fill(await phone.code());
    await heading(again.page, 'Security').waitFor();
    expect((await lab.mailsTo(member.email))[0]?.subject).toContain('authenticator');
  });

  test('given up before the code changes nothing', async () => {
    const member = await lab.addMember();
    const { page } = await lab.signedIn(member);
    await button(page, 'Turn on').click();
    await codeField(page).waitFor();
    await button(page, 'Cancel').click();
    await card(page, 'Two-factor sign-in').getByText('Off', { exact: true }).waitFor();
    await lab.signedIn(member);
  });
});

describe('signed in with a backup code', () => {
  test('makes no new codes, with the reason; may turn MFA off with the password, and not without it', async () => {
    const member = lab.newMember();
    const codes = await regenerate(member);
    const { page } = await withBackupCode(member, codes[0] ?? '');
    const backup = card(page, 'Backup codes');
    await backup.getByText('9 codes left').waitFor();
    await backup.getByText(/You signed in with a backup code/).waitFor();
    expect(await button(backup, 'Regenerate').getAttribute('aria-disabled')).toBe('true');
    await button(backup, 'Regenerate').press('Enter');
    expect(await page.getByRole('dialog').count()).toBe(0);
    const forced = await asPage(page, 'POST', 'account/backup-codes', {});
    expect(forced).toMatchObject({ status: 403, body: { code: 'code-sign-in-required' } });
    await expectAccessible(page, 'signed in with a backup code');

    await button(page, 'Turn off').click();
    const dialog = page.getByRole('dialog', { name: 'Turn off two-factor sign-in?' });
    await dialog.getByLabel('Your password').fill('not the password');
    await button(dialog, 'Turn off').click();
    await alert(dialog, 'That password is wrong.').waitFor();
    await expectAccessible(page, 'turning MFA off');
    await dialog.getByLabel('Your password').fill(member.password);
    await button(dialog, 'Turn off').click();
    await note(page, 'Two-factor sign-in is off.').waitFor();
    await card(page, 'Two-factor sign-in').getByText('Off', { exact: true }).waitFor();
    // A code has no use any more, and the password is enough.
    await lab.signedIn({ ...member, phone: null });
  });

  test('makes new codes again after a new MFA is set up', async () => {
    const member = lab.newMember();
    const codes = await regenerate(member);
    const { page } = await withBackupCode(member, codes[0] ?? '');
    await button(page, 'Replace authenticator').click();
    await page.getByLabel('Your password').fill(member.password);
    await button(page, 'Continue').click();
    const phone = new Phone(await shownSecret(page));
    await codeField(page).fill(await phone.code());
    await saveCodes(page);
    const backup = card(page, 'Backup codes');
    await backup.getByText('10 codes left').waitFor();
    expect(await button(backup, 'Regenerate').getAttribute('aria-disabled')).toBeNull();
  });
});

describe('backup codes', () => {
  test('that were made anew void all earlier ones', async () => {
    const member = lab.newMember();
    const first = await regenerate(member);
    const second = await regenerate(member);
    expect(second).not.toEqual(first);
    const { page } = await lab.visit();
    await givePassword(page, member);
    await giveBackupCode(page, first[3] ?? '');
    await alert(page, 'That backup code did not match.').waitFor();
    await page.getByLabel('Backup code').fill(second[3] ?? '');
    await button(page, 'Sign in').click();
    await card(page, 'Backup codes').getByText('9 codes left').waitFor();
  });

  test('warn when three are left, and say so when there is none', async () => {
    const member = lab.newMember();
    const leave = (count: number) =>
      lab.sql(
        `update backup_code set used_at = 1 where id in (select backup_code.id from backup_code
         join factor on factor.id = backup_code.factor_id where factor.member_id = ? and used_at is null
         limit (select max(0, count(*) - ${count}) from backup_code join factor on factor.id = factor_id
         where factor.member_id = ? and used_at is null))`,
        member.id,
        member.id,
      );
    leave(4);
    const { page } = await lab.signedIn(member);
    const backup = card(page, 'Backup codes');
    await backup.getByText('4 codes left').waitFor();
    expect(await backup.getByText(/Only .* left/).count()).toBe(0);
    leave(3);
    await page.reload();
    await backup.getByText('Only 3 backup codes are left.').waitFor();
    await expectAccessible(page, 'few backup codes');
    leave(0);
    await page.reload();
    await backup.getByText('You have no backup code left.').waitFor();
  });
});

test('replacing the authenticator leaves the old one valid until the new one is confirmed', async () => {
  const member = lab.newMember();
  const old = phoneOf(member);
  const { page } = await lab.signedIn(member);
  await button(page, 'Replace authenticator').click();
  await page.getByLabel('Your password').fill('not the password');
  await button(page, 'Continue').click();
  await alert(page, 'That password is wrong.').waitFor();
  await page.getByLabel('Your password').fill(member.password);
  await button(page, 'Continue').click();
  const secret = await shownSecret(page);
  expect(secret).not.toBe(old.secret);
  await lab.signedIn(member);
  const phone = new Phone(secret);
  await codeField(page).fill(await phone.code());
  await saveCodes(page);
  await heading(page, 'Security').waitFor();
  const { page: other } = await lab.visit();
  await givePassword(other, member);
  await codeField(other).fill(await old.code());
  await alert(other, 'That code did not match.').waitFor();
  await codeField(other).fill(await phone.code());
  await heading(other, 'Security').waitFor();
  expect((await lab.mailsTo(member.email))[0]?.subject).toContain('authenticator');
});

test('a new password ends the other sessions and is the only one that counts', async () => {
  const member = await lab.addMember();
  const [here, there] = [await lab.signedIn(member), await lab.signedIn(member)];
  const { page } = here;
  await button(page, 'Change password').click();
  const change =
    (current: string, next: string, again = next) =>
    async () => {
      await page.getByLabel('Current password').fill(current);
      await page.getByLabel('New password', { exact: true }).fill(next);
      await page.getByLabel('New password again').fill(again);
      await button(page, 'Change password').click();
    };
  await change(member.password, 'one thing', 'another')();
  await alert(page, 'The two are not the same.').waitFor();
  await change('not the password', 'a much better password')();
  await alert(page, 'That password is wrong.').waitFor();
  await change(member.password, 'short')();
  await alert(page, /twelve characters/).waitFor();
  await expectAccessible(page, 'change password');
  await change(member.password, 'a much better password')();
  await note(page, 'Your password is changed.').waitFor();
  await there.page.getByRole('link', { name: 'Activity' }).click();
  await there.page.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
  const { page: old } = await lab.visit();
  await givePassword(old, member);
  await alert(old, 'E-mail or password is wrong.').waitFor();
  await givePassword(old, { ...member, password: 'a much better password' });
  await heading(old, 'Security').waitFor();
});

describe('devices and sessions', () => {
  test('a device is shown, and signed out from here', async () => {
    const member = await lab.addMember();
    lab.command('policy', 'set', 'mfaRequired.client=false');
    const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .publicKey.export({ type: 'spki', format: 'der' })
      .toString('base64url');
    const device = { name: 'Ada’s laptop', platform: 'linux', publicKey };
    const { email, password } = member;
    const answer = await lab.ask('POST', '/client/v1/sign-in', {}, { email, password, device });
    expect(answer.status).toBe(200);
    const { sessionToken }: { sessionToken: string } = JSON.parse(answer.body);
    const me = () => lab.ask('GET', '/client/v1/me', { authorization: `Bearer ${sessionToken}` });
    expect((await me()).status).toBe(200);

    const { page } = await lab.signedIn(member, '/account/devices');
    await card(page, 'Devices').getByText(device.name).waitFor();
    await card(page, 'Sessions').getByText(`Client on ${device.name}`).waitFor();
    await expectAccessible(page, 'devices');
    await expectFits(page, 'devices');
    await button(page, `Sign out ${device.name}`).click();
    await button(page.getByRole('dialog'), 'Cancel').click();
    expect((await me()).status).toBe(200);
    await button(page, `Sign out ${device.name}`).click();
    await button(page.getByRole('dialog'), 'Sign out').click();
    await note(page, `${device.name} is signed out.`).waitFor();
    await expect.poll(() => card(page, 'Devices').getByText(device.name).count(), within).toBe(0);
    expect((await me()).status).toBe(401);
  });

  test('another session is ended, and says so where it was', async () => {
    const member = await lab.addMember();
    const [here, there] = [await lab.signedIn(member, '/account/devices'), await lab.signedIn(member)];
    const { page } = here;
    await page.reload();
    const sessions = card(page, 'Sessions').getByRole('listitem');
    await expect.poll(() => sessions.count(), within).toBe(2);
    const other = sessions.filter({ hasNotText: 'This session' });
    await other.getByRole('button').click();
    await button(page.getByRole('dialog'), 'End').click();
    await note(page, 'The session has ended.').waitFor();
    await expect.poll(() => sessions.count(), within).toBe(1);
    await there.page.getByRole('link', { name: 'Activity' }).click();
    await there.page.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
    await sessions.getByRole('button').click();
    await page.getByText('This is the session you are using').waitFor();
    await button(page.getByRole('dialog'), 'End').click();
    await heading(page, 'Sign in').waitFor();
  });

  test('nobody ends the session or device of another member', async () => {
    const [mine, theirs] = [await lab.addMember(), await lab.addMember()];
    const { page } = await lab.signedIn(mine);
    await lab.signedIn(theirs);
    const [row] = lab.sql('select id from session where member_id = ? and ended_at is null', theirs.id);
    const answer = await asPage(page, 'DELETE', `account/sessions/${String(row?.id)}`);
    expect(answer).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(lab.sql('select id from session where id = ? and ended_at is null', String(row?.id))).toHaveLength(
      1,
    );
  });
});

test('a sign-in in another tab goes on here for the same member, and never acts as another', async () => {
  const [mine, other] = [await lab.addMember(), await lab.addMember()];
  const { page } = await lab.signedIn(mine);
  const fill = async () => {
    await button(page, 'Change password').click();
    await page.getByLabel('Current password').fill(mine.password);
    await page.getByLabel('New password', { exact: true }).fill('a much better password');
    await page.getByLabel('New password again').fill('a much better password');
  };
  const inOtherTab = async ({ email, password }: { email: string; password: string }) =>
    expect(await asPage(page, 'POST', 'sign-in', { email, password })).toMatchObject({ status: 200 });
  await fill();
  await inOtherTab(mine);
  await button(page, 'Change password').click();
  await note(page, 'Your password is changed.').waitFor();

  await fill();
  await inOtherTab(other);
  await button(page, 'Change password').click();
  await page.getByText(other.email).waitFor();
  expect(await page.getByText(mine.email).count()).toBe(0);
  expect(await page.getByLabel('Current password').count()).toBe(0);
  await lab.signedIn(other);
});

test('activity tells what happened in plain words, page by page', async () => {
  const member = await lab.addMember();
  const { page } = await lab.signedIn(member);
  const { email, password } = member;
  for (let time = 0; time < 14; time++)
    expect(await asPage(page, 'POST', 'sign-in', { email, password })).toMatchObject({ status: 200 });
  await page.getByRole('link', { name: 'Activity' }).click();
  await heading(page, 'Activity').waitFor();
  const rows = page.locator('.activity-row');
  await expect.poll(() => rows.count(), within).toBe(30);
  await expect.poll(() => rows.first().textContent(), within).toContain('Signed');
  await expectAccessible(page, 'activity');
  await expectFits(page, 'activity');
  await button(page, 'Show more').click();
  await expect.poll(() => rows.count(), within).toBeGreaterThan(30);
  const texts = await rows.allInnerTexts();
  // No row is the raw name of an action.
  for (const text of texts) expect(text).not.toMatch(/^[a-z-]+\.[a-z-]+/);
  expect(texts.at(-1)).toContain('Member added');
});

test('theme and language are chosen here and kept by the browser', async () => {
  const member = await lab.addMember();
  const { page } = await lab.signedIn(member, '/account/appearance');
  await page.getByLabel('Dark').check();
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark');
  await page.getByLabel('Deutsch').check();
  await heading(page, 'Darstellung').waitFor();
  expect(await page.getAttribute('html', 'lang')).toBe('de');
  await page.reload();
  await heading(page, 'Darstellung').waitFor();
  expect(await page.getAttribute('html', 'data-theme')).toBe('dark');
  for (const [link, title] of [
    ['Sicherheit', 'Sicherheit'],
    ['Geräte & Sitzungen', 'Geräte & Sitzungen'],
    ['Aktivität', 'Aktivität'],
    ['Darstellung', 'Darstellung'],
  ] as const) {
    await page.getByRole('link', { name: link }).click();
    await heading(page, title).waitFor();
    await expectFits(page, title);
  }
  await expectAccessible(page, 'appearance');
});

test('a member who follows the address of an administrator’s page sees none of it', async () => {
  const { page } = await lab.signedIn(await lab.addMember(), '/members');
  await heading(page, 'This page is for administrators').waitFor();
  expect(await page.getByRole('link', { name: 'Members' }).count()).toBe(0);
  expect(await asPage(page, 'GET', 'members')).toMatchObject({ status: 403 });
});

test('a page that does not exist says so, and has a way back', async () => {
  const { page } = await lab.signedIn(await lab.addMember(), '/nowhere/at/all');
  await heading(page, 'There is no such page').waitFor();
  await page.getByRole('link', { name: 'Back to the start' }).click();
  await heading(page, 'Security').waitFor();
});

test('below 60rem the navigation folds away behind a button, which the keyboard reaches', async () => {
  const { page } = await lab.signedIn(await lab.addMember(), '/', { viewport: { width: 360, height: 740 } });
  const menu = button(page, 'Menu');
  expect(await page.getByRole('link', { name: 'Activity' }).isVisible()).toBe(false);
  await menu.focus();
  await page.keyboard.press('Enter');
  expect(await menu.getAttribute('aria-expanded')).toBe('true');
  await expectAccessible(page, 'open menu');
  await page.getByRole('link', { name: 'Activity' }).press('Enter');
  await heading(page, 'Activity').waitFor();
  expect(await menu.getAttribute('aria-expanded')).toBe('false');
});

// Last: it changes the rules of the team.
test('where the team requires MFA it cannot be turned off, and the page says why', async () => {
  const member = lab.newMember();
  lab.command('policy', 'set', 'mfaRequired.panel=true');
  const { page } = await lab.signedIn(member);
  const mfa = card(page, 'Two-factor sign-in');
  await mfa.getByText('Your team requires MFA for the Control Panel.').waitFor();
  expect(await button(mfa, 'Turn off').getAttribute('aria-disabled')).toBe('true');
  const forced = await asPage(page, 'POST', 'account/mfa/turn-off', { password: member.password });
  expect(forced).toMatchObject({ status: 403, body: { code: 'mfa-kept' } });
});

/** Ten new codes of a member who signs in with a code for it. */
async function regenerate(member: Person): Promise<string[]> {
  const { page } = await lab.signedIn(member);
  await button(card(page, 'Backup codes'), 'Regenerate').click();
  await button(page.getByRole('dialog'), 'Regenerate').click();
  const codes = await saveCodes(page);
  await page.context().close();
  return codes;
}

async function giveBackupCode(
  page: Awaited<ReturnType<PanelLab['visit']>>['page'],
  code: string,
): Promise<void> {
  await page.getByText('Use another way').click();
  await button(page, 'Backup code').click();
  await page.getByLabel('Backup code').fill(code);
  await button(page, 'Sign in').click();
}

async function withBackupCode(member: Person, code: string): ReturnType<PanelLab['visit']> {
  const visit = await lab.visit();
  await givePassword(visit.page, member);
  await giveBackupCode(visit.page, code);
  await heading(visit.page, 'Security').waitFor();
  return visit;
}
