import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { VirtualAuthenticator } from '../../lab/host/browser/virtual-authenticator.ts';
import type { AppCommandName, CommandInput } from '../../src-shared/app-ipc.ts';
import { UNLOCK_ORIGIN } from '../../src-shared/unlock.ts';
import { AppLab, expectPhase, PATIENCE_MS, snapshotOf, within } from './app-lab.ts';
import { appHost } from './launch.ts';
import { button, codeField, gateDialog, pinField, type SignedIn, signedIn, words } from './screen.ts';

const PIN = '482913';
let lab: AppLab;
beforeAll(async () => {
  lab = await AppLab.start(12, 1, ['unlockPriorConnection=true', 'totpPriorConnection=false']);
});
afterEach(() => lab.endApps());
afterAll(() => lab.stop());

interface Answer {
  ok: boolean;
  problem?: { code: string } & Record<string, unknown>;
}

function invoke<N extends AppCommandName>(page: Page, name: N, input: CommandInput<N>): Promise<Answer> {
  return page.evaluate(
    ([command, argument]) =>
      (window.postern.invoke as (name: string, input: unknown) => Promise<Answer>)(command, argument),
    [name, input] as const,
  );
}

/** Signed in, with a PIN that a code set up. */
async function withPin(): Promise<SignedIn> {
  const running = await signedIn(lab);
  const proof = { method: 'totp', code: running.codes.current } as const;
  expect(await invoke(running.page, 'unlock.set-pin', { pin: PIN, proof })).toMatchObject({ ok: true });
  await expect.poll(async () => (await snapshotOf(running.page)).unlock.enrolled?.pin, within).toBe(true);
  return running;
}

async function askToConnect(page: Page): Promise<void> {
  void invoke(page, 'connection.connect', {});
  await expectPhase(page, 'gate');
}

/** The PIN as a person enters it. */
async function enterPin(page: Page, pin: string): Promise<void> {
  const field = pinField(gateDialog(page));
  await field.waitFor();
  await field.fill(pin);
  await field.press('Enter');
}

/** Every file below `folder` that holds `text`. */
function filesWith(folder: string, text: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}

describe('a PIN before each connection', () => {
  test('the app leads through the set-up, connects with the PIN, and asks for it again after a kick', async () => {
    const running = await signedIn(lab);
    const { page, desktop, codes, member } = running;
    const { intro, setup, pin } = words.unlock;
    await button(page, words.home.connect).click();
    await button(page, intro.start).click();
    expect((await snapshotOf(page)).connection).toMatchObject({
      phase: 'disconnected',
      cause: { code: 'unlock-not-enrolled' },
    });
    await page.getByLabel(setup.newPin).fill('123456');
    await page.getByLabel(setup.repeat).fill('123456');
    await button(page, setup.next).click();
    await page.getByText(pin.weak.sequence).first().waitFor();
    await page.getByLabel(setup.newPin).fill(PIN);
    await page.getByLabel(setup.repeat).fill(PIN);
    await button(page, setup.next).click();
    await codeField(page).pressSequentially(codes.current);
    await button(page, setup.tryIt).waitFor({ timeout: PATIENCE_MS });
    await pinField(page).fill(PIN);
    await button(page, setup.tryIt).click();
    await button(page, setup.connect).click({ timeout: PATIENCE_MS });
    await expectPhase(page, 'gate');
    expect((await snapshotOf(page)).connection).toMatchObject({
      prompt: { challenge: { requires: ['unlock'], unlockMethods: ['pin'] } },
    });
    await enterPin(page, PIN);
    await expectPhase(page, 'connected');
    expect(await lab.tunnelWorks()).toBe(true);
    await lab.kick(member);
    await expectPhase(page, 'gate');
    expect(await lab.tunnelWorks()).toBe(false);
    expect(await desktop.notifications()).toContainEqual({
      title: 'Your connection was ended',
      body: 'Sign-in from a new country. Unlock with your PIN or biometrics to reconnect.',
      urgency: 'critical',
    });
    expect((await desktop.tray()).items.map(({ label }) => label)).toContain('Unlock …');
    await enterPin(page, '593184');
    await gateDialog(page).getByText(words.unlock.pin.wrong).waitFor();
    await expectPhase(page, 'gate');
    await enterPin(page, PIN);
    await expectPhase(page, 'connected');
    expect(await lab.tunnelWorks()).toBe(true);
    // The canary: typed, sent and accepted, and written or told nowhere.
    const told = await page.evaluate(async () => {
      const text = await window.postern.invoke('diagnostics.read', undefined);
      return JSON.stringify([text, await window.postern.snapshot()]);
    });
    expect(told).toContain('pin true');
    expect(told).not.toContain(PIN);
    expect(running.app.output()).not.toContain(PIN);
    expect(filesWith(lab.folder, member.id).length).toBeGreaterThan(0);
    expect(filesWith(lab.folder, PIN)).toEqual([]);
  });

  test('a lock drops what was typed and takes back what was asked, and nothing is connected by it', async () => {
    const { page, desktop } = await withPin();
    await askToConnect(page);
    const field = pinField(gateDialog(page));
    await field.fill('48291');
    const before = (await snapshotOf(page)).unlock.lockCount;
    await desktop.power('suspend');
    await expect.poll(async () => (await snapshotOf(page)).unlock.lockCount, within).toBeGreaterThan(before);
    await desktop.power('resume');
    await expect
      .poll(async () => ((await field.count()) === 0 ? '' : await field.inputValue()), within)
      .toBe('');
    expect((await snapshotOf(page)).connection.phase).not.toBe('connected');
  });
});

describe.skipIf(appHost === 'electron')('biometrics through the unlock window', () => {
  const byHardware = { answers: [{ method: 'uv-hw' as const }] };

  /** Signed in on a computer with a sensor, with a key that a code set up. */
  async function withKey(): Promise<SignedIn & { sensor: VirtualAuthenticator }> {
    const running = await signedIn(lab, { env: { POSTERN_UNLOCK_PROVIDERS: 'webauthn' } });
    const { app, page, codes } = running;
    const sensor = app.virtualAuthenticator({ isVerified: true, isPresent: true });
    await invoke(page, 'unlock.refresh', undefined);
    await expect
      .poll(async () => (await snapshotOf(page)).unlock.providers[0], within)
      .toEqual({ kind: 'webauthn', method: 'uv-hw', obstacle: null });
    const proof = { method: 'totp', code: codes.current } as const;
    expect(await invoke(page, 'unlock.turn-on-biometrics', { proof })).toMatchObject({ ok: true });
    await expect.poll(async () => (await snapshotOf(page)).unlock.enrolled?.uvHw, within).toBe(true);
    expect(sensor.credentialIds).toHaveLength(1);
    return { ...running, sensor };
  }

  test('a verified finger connects, and again after a kick', async () => {
    const { page, member } = await withKey();
    await askToConnect(page);
    expect(await invoke(page, 'connection.submit-proof', byHardware)).toMatchObject({ ok: true });
    await expectPhase(page, 'connected');
    expect(await lab.tunnelWorks()).toBe(true);
    await lab.kick(member);
    await expectPhase(page, 'gate');
    expect(await lab.tunnelWorks()).toBe(false);
    expect(await invoke(page, 'connection.submit-proof', byHardware)).toMatchObject({ ok: true });
    await expectPhase(page, 'connected');
  });

  test('a finger that does not fit connects nothing: no harm once, other ways the second time, and a good one still works', async () => {
    const { page, sensor } = await withKey();
    await askToConnect(page);
    await sensor.change({ isVerified: false });
    expect(await invoke(page, 'connection.submit-proof', byHardware)).toMatchObject({
      problem: { code: 'cancelled' },
    });
    expect(await invoke(page, 'connection.submit-proof', byHardware)).toMatchObject({
      problem: { code: 'unlock-refused' },
    });
    await expectPhase(page, 'gate');
    await sensor.change({ isVerified: true });
    expect(await invoke(page, 'connection.submit-proof', byHardware)).toMatchObject({ ok: true });
    await expectPhase(page, 'connected');
  });

  test('a key that was wiped from the computer connects nothing; the gate stays, and a code makes a new key', async () => {
    const { page, sensor, codes } = await withKey();
    await askToConnect(page);
    sensor.wipe();
    for (const code of ['cancelled', 'unlock-refused'])
      expect(await invoke(page, 'connection.submit-proof', byHardware)).toMatchObject({ problem: { code } });
    await expectPhase(page, 'gate');
    await gateDialog(page).getByText(words.unlock.gate.setUpAgain).first().waitFor({ state: 'attached' });
    await invoke(page, 'connection.cancel', undefined);
    await expectPhase(page, 'disconnected');
    const proof = { method: 'totp', code: codes.next } as const;
    expect(await invoke(page, 'unlock.turn-on-biometrics', { proof })).toMatchObject({ ok: true });
    expect(sensor.credentialIds).toHaveLength(1);
    await askToConnect(page);
    expect(await invoke(page, 'connection.submit-proof', byHardware)).toMatchObject({ ok: true });
    await expectPhase(page, 'connected');
  });

  test('a prompt that nobody answers is taken back by the person, by the window’s own ends and by a lock', async () => {
    const { app, page, desktop, sensor } = await withKey();
    await askToConnect(page);
    await sensor.change({ isPresent: false });
    const windowCount = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length, null);
    const ends: [string, (unlock: Page) => Promise<unknown>][] = [
      ['the gate', () => invoke(page, 'connection.cancel-prompt', undefined)],
      ['the button', (unlock) => unlock.getByRole('button', { name: 'Cancel' }).click()],
      ['Escape', (unlock) => unlock.keyboard.press('Escape')],
      ['the cross', (unlock) => unlock.close()],
      ['a lock', () => desktop.power('suspend')],
    ];
    for (const [what, end] of ends) {
      if ((await snapshotOf(page)).connection.phase !== 'gate') await askToConnect(page);
      const answered = invoke(page, 'connection.submit-proof', byHardware);
      const unlock = await app.pageAt(UNLOCK_ORIGIN);
      await unlock.getByRole('heading', { name: 'Waiting for WebAuthn …' }).waitFor();
      await expect
        .poll(async () => (await snapshotOf(page)).connection, within)
        .toMatchObject({ prompt: { prompting: 'uv-hw' } });
      await end(unlock);
      expect.soft(await answered, what).toMatchObject({ problem: { code: 'cancelled' } });
      await expect.poll(windowCount, within).toBe(1);
      expect.soft((await snapshotOf(page)).connection.phase, what).not.toBe('connected');
    }
    await desktop.power('resume');
    expect(await lab.tunnelWorks()).toBe(false);
  });

  test('8: the unlock page has its own bridge, reaches nothing, and main protects its window', async () => {
    const { app, page, sensor } = await withKey();
    await askToConnect(page);
    await sensor.change({ isPresent: false });
    const answered = invoke(page, 'connection.submit-proof', byHardware);
    const unlock = await app.pageAt(UNLOCK_ORIGIN);
    await unlock.getByRole('heading', { name: 'Waiting for WebAuthn …' }).waitFor();
    expect(await unlock.evaluate(() => window.origin)).toBe(UNLOCK_ORIGIN);
    const found = await unlock.evaluate(async () => {
      const violations: string[] = [];
      document.addEventListener('securitypolicyviolation', (event) =>
        violations.push(event.effectiveDirective),
      );
      const script = document.createElement('script');
      script.textContent = 'window.hasRun = true';
      document.body.append(script);
      const image = document.createElement('img');
      image.src = 'https://example.invalid/x.png';
      document.body.append(image);
      const request = await fetch('https://unlock.postern.io/index.html').then(
        () => 'answered',
        () => 'blocked',
      );
      await new Promise((resolve) => setTimeout(resolve, 200));
      return {
        bridges: ['postern', 'posternUnlock', 'require', 'process', 'ipcRenderer'].filter(
          (name) => name in globalThis,
        ),
        isFrozen: Object.isFrozen(window.posternUnlock),
        // Its one task is given away: a second reader gets none.
        second: await window.posternUnlock.task().then(
          () => 'a task',
          () => 'none',
        ),
        violations: violations.sort(),
        request,
        hasRun: 'hasRun' in window,
      };
    });
    expect(found).toEqual({
      bridges: ['posternUnlock'],
      isFrozen: true,
      second: 'none',
      violations: ['connect-src', 'img-src', 'script-src-elem'],
      request: 'blocked',
      hasRun: false,
    });
    const isProtected = await app.evaluate(
      ({ BrowserWindow }) => BrowserWindow.getAllWindows().map((window) => window.isContentProtected()),
      null,
    );
    expect(isProtected).toEqual([false, true]);
    await unlock.close();
    await answered;
  });
});
