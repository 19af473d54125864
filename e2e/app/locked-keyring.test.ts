import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startKeyring, type TestKeyring } from '../../src-client/testing/keyring.ts';
import { AppLab, expectPhase, snapshotOf, within } from './app-lab.ts';
import { codeField, gateDialog, signedIn } from './screen.ts';

let lab: AppLab;
let keyring: TestKeyring;
const folder = mkdtempSync(path.join(tmpdir(), 'pst-locked-'));
beforeAll(async () => {
  keyring = await startKeyring(folder, 'pw');
  lab = await AppLab.start(1, 1, ['signInGraceSeconds=0']);
});
afterAll(async () => {
  await lab.stop();
  await keyring.stop();
  rmSync(folder, { recursive: true });
});

test('an app that starts before its keyring is opened names the account, and connects once it is', async () => {
  const env = { DBUS_SESSION_BUS_ADDRESS: keyring.env.DBUS_SESSION_BUS_ADDRESS ?? '' };
  const first = await signedIn(lab, { env });
  await first.page.evaluate(() => window.postern.invoke('settings.change', { connectAtLaunch: true }));
  await first.desktop.quit();
  await first.app.ended;
  await keyring.lock();

  const { desktop } = await lab.launch({ env: { ...first.env } });
  const page = await desktop.page();
  await page.getByRole('heading', { name: 'Your keyring is locked' }).waitFor();
  await page.getByText(first.member.email).waitFor();
  await expect
    .poll(async () => (await desktop.tray()).toolTip, within)
    .toBe('Postern: Your keyring is locked');
  expect((await desktop.tray()).items.map(({ label }) => label)).not.toContain('Sign in …');
  expect((await snapshotOf(page)).connection.phase).toBe('signed-out');

  await keyring.unlock();
  await gateDialog(page).waitFor({ timeout: 2_000 });
  const { activity } = await snapshotOf(page);
  expect(activity.filter(({ kind }) => kind === 'gate')).toMatchObject([{ source: 'launch' }]);
  await codeField(page).pressSequentially(first.codes.current);
  await expectPhase(page, 'connected');
});
