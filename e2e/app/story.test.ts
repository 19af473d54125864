import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { AppLab, expectPhase, snapshotOf, within } from './app-lab.ts';
import { button, codeField, connected, gateDialog, signedIn, stateWord, words } from './screen.ts';

let lab: AppLab;
beforeAll(async () => {
  lab = await AppLab.start(8);
});
afterEach(() => lab.endApps());
afterAll(() => lab.stop());

test('a person signs in, connects, is kicked, sees who did it and why, and comes back with the next code', async () => {
  const { page, member, codes, desktop, app } = await signedIn(lab);
  expect(await lab.tunnelWorks()).toBe(false);
  await button(page, words.home.connect).click();
  await expectPhase(page, 'connected');
  await expect.poll(() => stateWord(page).textContent(), within).toBe(words.state.connected);
  expect(await lab.tunnelWorks()).toBe(true);

  const gone = lab.kick(member, 'Sign-in from a new country');
  await gateDialog(page).waitFor();
  expect((await gone).answer.enforced).toBe(true);
  expect(await lab.peers()).toEqual([]);
  expect(await gateDialog(page).textContent()).toContain('Your administrator ended this connection');
  expect(await gateDialog(page).textContent()).toContain('Sign-in from a new country');
  expect(await lab.tunnelWorks()).toBe(false);

  await codeField(page).pressSequentially(codes.current);
  await expectPhase(page, 'connected');
  expect(await gateDialog(page).count()).toBe(0);
  expect(await lab.tunnelWorks()).toBe(true);

  await button(page, words.home.disconnect).click();
  await expectPhase(page, 'disconnected');
  expect(await lab.tunnelWorks()).toBe(false);
  await desktop.quit();
  expect(await app.ended).toBe(0);
  for (const secret of [member.password, codes.current, codes.next])
    expect(app.output()).not.toContain(secret);
});

test('a disconnect by the server brings a hidden window forward, with the field focused and a notification', async () => {
  const { page, member, desktop } = await connected(lab);
  await desktop.closeWindow();
  await expect.poll(() => desktop.window(), within).toMatchObject({ isVisible: false });
  await expect.poll(() => page.evaluate(() => document.visibilityState), within).toBe('hidden');

  await page.evaluate(() => {
    const seen = (): void => {
      const field = document.activeElement;
      const isUp = document.visibilityState === 'visible' && field instanceof HTMLInputElement;
      if (isUp && field.closest('dialog')) document.documentElement.dataset.gateSeenAt = String(Date.now());
      else requestAnimationFrame(seen);
    };
    requestAnimationFrame(seen);
  });
  const calledAt = Date.now();
  await lab.kick(member, 'Laptop reported stolen');
  await gateDialog(page).waitFor();
  await expect
    .poll(() => page.evaluate(() => document.documentElement.dataset.gateSeenAt ?? ''), within)
    .not.toBe('');
  const seenAt = Number(await page.evaluate(() => document.documentElement.dataset.gateSeenAt));
  console.log(`disconnect call -> gate on screen and focused: ${seenAt - calledAt} ms`);
  expect(seenAt - calledAt).toBeLessThan(5_000);

  expect(await desktop.window()).toMatchObject({ isVisible: true, isFocused: true });
  expect(await codeField(page).evaluate((field) => field === document.activeElement)).toBe(true);
  const shown = await desktop.notifications();
  expect(shown.filter(({ body }) => body.includes('Laptop reported stolen'))).toHaveLength(1);
  expect((await desktop.tray()).image).toContain('attention');
  expect((await snapshotOf(page)).connection.phase).toBe('gate');
});
