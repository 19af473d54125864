import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureAppIsBuilt } from '../../lab/built.ts';
import { appCommands } from '../../src-shared/app-ipc.ts';
import { snapshotOf, within } from './app-lab.ts';
import { Desktop } from './driver.ts';
import { type LaunchedApp, launchApp } from './launch.ts';
import { words } from './screen.ts';

// Needs no server: with real Electron these run on every system.
let folder: string;
let app: LaunchedApp;
let page: Page;
let desktop: Desktop;
beforeAll(async () => {
  ensureAppIsBuilt();
  folder = mkdtempSync(path.join(tmpdir(), 'pst-d3-alone-'));
  const { PATH = '', SystemRoot = '' } = process.env;
  const place = { HOME: folder, XDG_RUNTIME_DIR: folder, POSTERN_PROFILE: path.join(folder, 'profile') };
  const env = { PATH, SystemRoot, ...place };
  app = await launchApp({ env, enter: [] });
  desktop = new Desktop(app);
  page = await desktop.page();
  await page.getByText(words.signIn.lead).waitFor();
});
afterAll(async () => {
  await app.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the page has the bridge and nothing of Electron or Node', async () => {
  const found = await page.evaluate(() => ({
    bridge: Object.keys(window.postern).sort(),
    isFrozen: Object.isFrozen(window.postern),
    others: ['require', 'process', 'module', 'electron', 'ipcRenderer', 'Buffer', 'global'].filter(
      (name) => name in globalThis,
    ),
  }));
  expect(found).toEqual({ bridge: ['invoke', 'onSnapshot', 'snapshot'], isFrozen: true, others: [] });
});

test('the page cannot replace the bridge', async () => {
  const isSame = await page.evaluate(() => {
    const before = window.postern;
    try {
      Object.defineProperty(window, 'postern', { value: {} });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    return window.postern === before;
  });
  expect(isSame).toBe(true);
});

test('inline scripts, evaluated text, requests and frames are blocked by the policy that main sends', async () => {
  const blocked = await page.evaluate(async () => {
    const violations: string[] = [];
    document.addEventListener('securitypolicyviolation', (event) =>
      violations.push(event.effectiveDirective),
    );
    const script = document.createElement('script');
    script.textContent = 'window.hasRun = true';
    document.body.append(script);
    const frame = document.createElement('iframe');
    frame.src = 'https://example.invalid/';
    document.body.append(frame);
    const image = document.createElement('img');
    image.src = 'https://example.invalid/x.png';
    document.body.append(image);
    const request = await fetch('https://example.invalid/').then(
      () => 'answered',
      () => 'blocked',
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const element of [script, frame, image]) element.remove();
    return { violations: [...new Set(violations)].sort(), request, hasRun: 'hasRun' in window };
  });
  expect(blocked).toEqual({
    violations: ['connect-src', 'frame-src', 'img-src', 'script-src-elem'],
    request: 'blocked',
    hasRun: false,
  });
});

test('the page stays where it is and opens no window', async () => {
  const url = page.url();
  await page.evaluate(() => {
    window.open('https://example.invalid/');
    window.location.href = 'https://example.invalid/';
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect((await desktop.window())?.url).toMatch(/^app:\/\/ui\//);
  expect(page.url()).toBe(url);
  // In the host a page that was opened is there for a moment before it is closed.
  const others = () =>
    page
      .context()
      .pages()
      .filter((other) => other !== page && other.url() !== 'about:blank');
  await expect.poll(others, within).toHaveLength(0);
  await page.getByText(words.signIn.lead).waitFor();
});

test('every command refuses what its schema does not know', async () => {
  const names = Object.keys(appCommands);
  const answers = await page.evaluate(async (commands) => {
    const invoke = window.postern.invoke as (name: string, input: unknown) => Promise<{ ok: boolean }>;
    const outcomes: [string, unknown][] = [];
    for (const name of commands) {
      const answer = await invoke(name, { surprise: 'x'.repeat(100_000) });
      outcomes.push([name, answer]);
    }
    return outcomes;
  }, names);
  for (const [name, answer] of answers)
    expect(answer, name).toMatchObject({ ok: false, problem: { code: 'invalid-request' } });
  expect((await snapshotOf(page)).connection.phase).toBe('signed-out');
});

test('a command that does not exist is a bug of the page, not a message to main', async () => {
  const outcome = await page.evaluate(() =>
    (window.postern.invoke as (name: string) => Promise<unknown>)('app.format-disk').then(
      () => 'answered',
      (error: unknown) => String(error),
    ),
  );
  expect(outcome).toContain('no such command');
});

test('the window is hardened: every permission is denied', async () => {
  const states = await page.evaluate(async () => {
    const names = ['geolocation', 'notifications', 'camera', 'microphone'] as PermissionName[];
    const answers = await Promise.all(names.map((name) => navigator.permissions.query({ name })));
    return answers.map(({ state }) => state);
  });
  expect(states.every((state) => state !== 'granted')).toBe(true);
  await expect.poll(() => desktop.window(), within).toMatchObject({ isVisible: true });
});
