import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { AppLab, expectPhase, snapshotOf, within } from './app-lab.ts';
import { appHost } from './launch.ts';
import { atGate, button, codeField, connected, gateDialog, signedIn, stateWord, words } from './screen.ts';

let lab: AppLab;
beforeAll(async () => {
  lab = await AppLab.start(24);
});
afterEach(() => lab.endApps());
afterAll(() => lab.stop());

test('connecting from the tray opens the gate in a window that was closed', async () => {
  const { page, desktop, codes } = await connected(lab);
  await desktop.clickTray('Disconnect');
  await expectPhase(page, 'disconnected');
  await desktop.closeWindow();
  await expect.poll(() => desktop.window(), within).toMatchObject({ isVisible: false });
  await desktop.clickTray('Connect');
  await gateDialog(page).waitFor();
  await expect.poll(() => desktop.window(), within).toMatchObject({ isVisible: true, isFocused: true });
  await codeField(page).pressSequentially(codes.current);
  await expectPhase(page, 'connected');
  const shown = await snapshotOf(page);
  expect(shown.activity.find(({ kind }) => kind === 'gate')?.source).toBe('tray');
});

test('closing the window keeps the app and the tunnel; the tray brings it back', async () => {
  const { page, desktop, app } = await connected(lab);
  await desktop.closeWindow();
  await expect.poll(() => page.evaluate(() => document.visibilityState), within).toBe('hidden');
  expect(await lab.tunnelWorks()).toBe(true);
  await desktop.clickTray('Open Postern');
  await expect.poll(() => page.evaluate(() => document.visibilityState), within).toBe('visible');
  await expect.poll(() => stateWord(page).textContent(), within).toBe(words.state.connected);
  expect(await Promise.race([app.ended, 'runs'])).toBe('runs');
});

test('quitting asks while connected: "stay" changes nothing, "quit" takes the tunnel down first', async () => {
  const { page, desktop, app } = await connected(lab);
  await desktop.clickTray('Quit');
  await expect.poll(() => desktop.dialogs(), within).toHaveLength(1);
  expect((await desktop.dialogs())[0]?.message).toBe('Disconnect and quit Postern?');
  await desktop.answerDialog({ kind: 'message', response: 1 });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect((await snapshotOf(page)).connection.phase).toBe('connected');
  await desktop.answerDialog({ kind: 'message', response: 0 });
  await desktop.quit();
  expect(await app.ended).toBe(0);
  expect(await lab.tunnelWorks()).toBe(false);
  if (appHost === 'electron') return;
  // What main had still asked of its window starts no new Chromium behind it.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(await app.windowPid()).toBe(0);
});

test('quitting while nothing is up asks nothing', async () => {
  const { desktop, app } = await signedIn(lab);
  await desktop.quit();
  expect(await app.ended).toBe(0);
});

test('a laptop that slept through its disconnect shows the gate when it wakes', async () => {
  const { page, desktop, member } = await connected(lab);
  const app = await desktop.processId();
  await desktop.power('suspend');
  process.kill(app, 'SIGSTOP');
  try {
    expect((await lab.kick(member, 'Kicked while asleep')).answer.enforced).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  } finally {
    process.kill(app, 'SIGCONT');
  }
  await desktop.power('resume');
  await gateDialog(page).waitFor();
  expect(await gateDialog(page).textContent()).toContain('Kicked while asleep');
});

test('after a sleep without a disconnect the connection is still there', async () => {
  const { page, desktop } = await connected(lab);
  await desktop.power('suspend');
  await desktop.power('resume');
  await expectPhase(page, 'connected');
  expect(await lab.tunnelWorks()).toBe(true);
});

test('a server restart ends no tunnel, and a disconnect right after reaches the window', async () => {
  const { page, member, app } = await connected(lab);
  await lab.killServer('SIGTERM');
  await expect.poll(async () => (await snapshotOf(page)).channel, within).not.toBe('open');
  expect((await snapshotOf(page)).connection.phase, app.output()).toBe('connected');
  expect(await lab.tunnelWorks()).toBe(true);
  await lab.startServer();
  await expect.poll(async () => (await snapshotOf(page)).channel, within).toBe('open');
  await lab.kick(member);
  await gateDialog(page).waitFor();
});

test('a reload of the page loses nothing: the gate is there again, and takes the code', async () => {
  const { page, codes } = await atGate(lab);
  await page.reload();
  await gateDialog(page).waitFor();
  expect(await gateDialog(page).textContent()).toContain('Sign-in from a new country');
  await codeField(page).pressSequentially(codes.current);
  await expectPhase(page, 'connected');
});

test('a page that crashes comes back by itself and says so, and the tunnel never notices', async () => {
  const { page, desktop } = await connected(lab);
  const gone = page.waitForEvent('crash');
  await desktop.crashPage();
  await gone;
  const fresh = await desktop.page();
  await fresh.getByText(words.bars.recovered).waitFor();
  expect(await lab.tunnelWorks()).toBe(true);
  expect((await snapshotOf(fresh)).connection.phase).toBe('connected');
  expect((await desktop.window())?.isVisible).toBe(true);
});

test('a second start brings the first window forward and ends', async () => {
  const { desktop, env } = await signedIn(lab);
  await desktop.closeWindow();
  await expect.poll(() => desktop.window(), within).toMatchObject({ isVisible: false });
  const second = await lab.launch({ env });
  expect(await second.app.ended).toBe(0);
  await expect.poll(() => desktop.window(), within).toMatchObject({ isVisible: true });
});

test('a deep link opens the gate by the same door and does nothing more', async () => {
  const { page, desktop, env } = await connected(lab);
  const gateway = lab.file.gateways[0]?.name ?? '';
  const open = async (link: string): Promise<void> => {
    const second = await lab.launch({ env, args: [link] });
    expect(await second.app.ended).toBe(0);
  };
  await open('postern://disconnect/now');
  await open(`postern://connect/${gateway}?then=disconnect`);
  // For a moment it may look whether the connection still holds.
  await expectPhase(page, 'connected');
  await desktop.clickTray('Disconnect');
  await expectPhase(page, 'disconnected');
  await open(`postern://connect/${encodeURIComponent(gateway)}`);
  await gateDialog(page).waitFor();
  const shown = await snapshotOf(page);
  expect(shown.activity.find(({ kind }) => kind === 'gate')?.source).toBe('deep-link');
});

test('a notification that is clicked brings the window forward', async () => {
  const { page, desktop, member } = await connected(lab);
  await lab.kick(member);
  await gateDialog(page).waitFor();
  await desktop.closeWindow();
  await expect.poll(() => desktop.window(), within).toMatchObject({ isVisible: false });
  await desktop.clickNewestNotification();
  await expect.poll(() => desktop.window(), within).toMatchObject({ isVisible: true });
});

test('a change of theme and language is everywhere, and is there at the next start', async () => {
  const { page, desktop, app, env } = await signedIn(lab);
  await button(page, words.nav.settings).click();
  await page.getByRole('radio', { name: words.settings.themes.dark }).click();
  await expect
    .poll(() => page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches), within)
    .toBe(true);
  await page.getByRole('radio', { name: words.settings.languages.de }).click();
  await expect
    .poll(async () => (await desktop.tray()).items.map(({ label }) => label), within)
    .toContain('Beenden');
  await expect.poll(() => page.evaluate(() => document.documentElement.lang), within).toBe('de');
  await desktop.quit();
  await app.ended;
  const again = await lab.launch({ env });
  const fresh = await again.desktop.page();
  await fresh.getByRole('navigation').waitFor();
  expect((await snapshotOf(fresh)).settings).toMatchObject({ theme: 'dark', language: 'de' });
});

test('offline is said, and is taken back', async () => {
  const { page, desktop } = await signedIn(lab);
  await desktop.setOnline(false);
  await page.getByText(words.bars.offline).waitFor({ timeout: 15_000 });
  await desktop.setOnline(null);
  await page.getByText(words.bars.offline).waitFor({ state: 'detached', timeout: 15_000 });
});

test('launched hidden, the window stays in the tray until it is asked for', async () => {
  const { desktop } = await lab.launch({ args: ['--hidden'] });
  const page = await desktop.page();
  await page.getByText(words.signIn.lead).waitFor({ state: 'attached' });
  expect(await desktop.window()).toMatchObject({ isVisible: false });
  await desktop.clickTray('Open Postern');
  await expect.poll(() => desktop.window(), within).toMatchObject({ isVisible: true });
});
