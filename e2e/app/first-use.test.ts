import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { checkout } from '../../lab/stack/folders.ts';
import { run } from '../../lab/stack/run.ts';
import { totpAt, totpStep } from '../../src-server/proof/mfa/totp.ts';
import { AppLab, expectPhase, within } from './app-lab.ts';
import { button, codeField, givePassword, lookUpServer, signIn, words } from './screen.ts';

let lab: AppLab;
beforeAll(async () => {
  lab = await AppLab.start(6);
});
afterEach(() => lab.endApps());
afterAll(() => lab.stop());

test('a server that this computer has never used shows its key, and is trusted after one question to the system', async () => {
  const known = JSON.parse(readFileSync(lab.stack.laptop.env.POSTERN_TRUSTED_SERVERS ?? '', 'utf8'));
  const key = Buffer.from(known.servers[0].publicKey, 'base64url');
  const fingerprint = createHash('sha256').update(key).digest('hex');

  const trusted = path.join(lab.stack.folder, 'laptop/first-use.json');
  writeFileSync(trusted, JSON.stringify({ version: 1, servers: [] }), { mode: 0o644 });
  const { desktop } = await lab.launch({ env: { POSTERN_TRUSTED_SERVERS: trusted } });
  const page = await desktop.page();
  await button(page, words.signIn.continue).click();
  await page.getByText(words.signIn.trustTitle).waitFor();
  const shown = (await page.locator('.fingerprint dd').textContent()) ?? '';
  expect(shown.replaceAll(/\s/g, '').toLowerCase()).toBe(fingerprint);
  expect(shown).toMatch(/^(\S{4} ){15}\S{4}$/);

  await button(page, words.signIn.trust).click();
  await page.getByLabel(words.credentials.email).waitFor();
  const after = JSON.parse(readFileSync(trusted, 'utf8'));
  expect(after.servers).toEqual([expect.objectContaining({ publicKey: known.servers[0].publicKey })]);
});

test('a server whose authority nobody here knows is refused until its certificate is chosen', async () => {
  const { desktop } = await lab.launch({ env: { POSTERN_CA: null } });
  const page = await desktop.page();
  await button(page, words.signIn.continue).click();
  await page.getByText(words.problems['server-untrusted-certificate']).waitFor();
  await desktop.answerDialog({ kind: 'open', filePaths: [lab.file.caFile] });
  await button(page, words.signIn.chooseCa).click();
  await page.getByText(words.signIn.caChosen(path.basename(lab.file.caFile))).waitFor();
  await lookUpServer(page);
});

test('wrong password and unknown account are refused in the same words', async () => {
  const { desktop } = await lab.launch();
  const page = await desktop.page();
  await lookUpServer(page);
  const refusals: (string | null)[] = [];
  for (const email of [lab.newMember().email, 'nobody@example.com']) {
    await page.getByLabel(words.credentials.email).fill(email);
    await page.getByLabel(words.credentials.password, { exact: true }).fill('not the password');
    await button(page, words.credentials.submit).click();
    const told = page.getByText(words.problems['invalid-credentials']);
    await told.waitFor();
    refusals.push(await told.textContent());
    expect(await page.getByLabel(words.credentials.password, { exact: true }).inputValue()).toBe('');
  }
  expect(new Set(refusals).size).toBe(1);
});

test('a member without a second factor sets one up, saves the backup codes, gets in with one and chooses a password', async () => {
  const email = 'newcomer@example.com';
  const password = 'a long enough password for a test';
  const config = path.join(lab.stack.folder, 'server/server.toml');
  const add = [
    'member',
    'add',
    '--email',
    email,
    '--name',
    'New Comer',
    '--password-stdin',
    '--config',
    config,
  ];
  await run(process.execPath, [path.join(checkout, 'src-server/cli.ts'), ...add, '--json'], {
    input: `${password}\n`,
  });
  const { desktop, env } = await lab.launch();
  const page = await desktop.page();
  await lookUpServer(page);
  await fillPassword(page, email, password);
  await page.getByRole('img', { name: words.setup.qr }).waitFor();
  const secret = ((await page.locator('.secret').textContent()) ?? '').replaceAll(' ', '');
  expect(secret).toHaveLength(32);
  await codeField(page).pressSequentially(totpAt(secret, totpStep(Date.now())));

  await page.getByText(words.backup.title).waitFor();
  const codes = await page
    .getByRole('list', { name: words.backup.list })
    .getByRole('listitem')
    .allTextContents();
  expect(new Set(codes).size).toBe(10);
  const file = path.join(env.HOME ?? '', 'Documents/codes.txt');
  await desktop.answerDialog({ kind: 'save', filePath: file });
  await button(page, words.common.save).click();
  await expect.poll(() => page.locator('body').textContent(), within).toContain(words.common.saved);
  for (const code of codes) expect(readFileSync(file, 'utf8')).toContain(code.trim());
  await page.getByLabel(words.backup.confirm).check();
  await button(page, words.backup.done).click();

  await page.getByText(words.setup.doneSignIn).waitFor();
  await fillPassword(page, email, password);
  await page.getByText(words.code.otherWay).click();
  await page.getByRole('button', { name: words.code.methods['backup-code'] }).click();
  await page.getByLabel(words.code.backupLabel).fill(codes[3]?.trim() ?? '');
  await page.keyboard.press('Enter');

  // Somebody else has set the password: a new one is asked for, and says at its field why it is refused.
  await page.getByText(words.newPassword.title).waitFor();
  const choose = async (own: string) => {
    await page.getByLabel(words.newPassword.label, { exact: true }).fill(own);
    await page.getByLabel(words.newPassword.again, { exact: true }).fill(own);
    await button(page, words.newPassword.submit).click();
  };
  await choose('Password1234!');
  await page.getByText(words.passwordWeakness.common).waitFor();
  await choose('a password of my own choice');
  await page.getByRole('navigation').waitFor();
  expect((await desktop.page()) === page).toBe(true);
});

test('signing out takes the tunnel down and leaves no account behind', async () => {
  const member = lab.newMember();
  const { desktop, app, env } = await lab.launch();
  const page = await desktop.page();
  const codes = await lab.codes(member);
  await signIn(page, member, codes.previous);
  await button(page, words.home.connect).click();
  await expectPhase(page, 'connected');
  await button(page, words.nav.settings).click();
  await button(page, words.settings.signOut).click();
  await button(page, words.settings.signOut).click();
  await button(page, words.signIn.continue).waitFor();
  expect(await lab.tunnelWorks()).toBe(false);
  await desktop.quit();
  await app.ended;
  const again = await lab.launch({ env });
  const fresh = await again.desktop.page();
  await lookUpServer(fresh);
  await givePassword(fresh, member);
});

async function fillPassword(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel(words.credentials.email).fill(email);
  await page.getByLabel(words.credentials.password, { exact: true }).fill(password);
  await button(page, words.credentials.submit).click();
}
