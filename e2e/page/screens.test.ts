import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { axeViolations, colourRules } from '../axe/axe-violations.ts';
import { buildPage, openPageLab, type PageLab, type Shown, sentBy } from './page-lab.ts';
import {
  to,
  toBiometrics,
  toChoose,
  toConfirm,
  toDone,
  toOtherWays,
  toRemove,
  toTry,
  toWrongPin,
} from './unlock-steps.ts';

let lab: PageLab;
beforeAll(async () => {
  lab = await openPageLab();
});
afterAll(async () => {
  await lab.close();
});
afterEach(() => {
  expect(lab.complaints.splice(0)).toEqual([]);
});

const toServer = (page: Page) => page.getByRole('button', { name: 'Continue' }).click();
const toPassword = async (page: Page) => {
  await toServer(page);
  await page.getByRole('button', { name: /^It matches/ }).click();
};
const signIn = async (page: Page) => {
  await toPassword(page);
  await page.getByLabel('E-mail').fill('ada@northwind.example');
  await page.getByLabel('Password', { exact: true }).fill('correct horse');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
};
const toSetUp = async (page: Page) => {
  await page.evaluate(() =>
    window.harness.answer('session.sign-in', { ok: true, value: { step: 'mfa-setup' } }),
  );
  await signIn(page);
  await page.getByRole('img', { name: /QR code/ }).waitFor();
};
const toBackup = async (page: Page) => {
  await toSetUp(page);
  await page.getByLabel('6-digit code').fill('123456');
  await page.getByText('I have saved them').waitFor();
};

/** Every screen in every state that looks different. */
const screens: [name: string, scenario: string, go?: (page: Page) => Promise<void>][] = [
  ['sign-in: server', 'signed-out'],
  ['sign-in: after being blocked', 'signed-out-reason'],
  ['sign-in: keyring locked', 'keyring-locked'],
  ['sign-in: trust', 'signed-out', toServer],
  ['sign-in: password', 'signed-out', toPassword],
  ['sign-in: code', 'signed-out', signIn],
  ['set-up', 'signed-out', toSetUp],
  ['backup codes', 'signed-out', toBackup],
  ...[
    'disconnected',
    'disconnected-failed',
    'no-gateways',
    'offline',
    'connecting',
    'connected',
    'stale',
    'degraded',
    'overlap',
    'expiring',
    'no-gate-policy',
    'reconnecting',
    'disconnecting',
    'blocked',
    'all-bars',
    'gate',
    'gate-kicked',
    'gate-wait',
    'renewal',
  ].map((scenario): [string, string] => [`home: ${scenario}`, scenario]),
  ['settings', 'connected', to('Settings')],
  ['settings: nothing set up', 'unlock-empty', to('Settings')],
  ['settings: all set up', 'unlock-ready', to('Settings')],
  ['settings: key lost', 'unlock-key-lost', to('Settings')],
  ['settings: obstacle', 'unlock-obstacle', to('Settings')],
  ['settings: not known yet', 'unlock-unknown', to('Settings')],
  ['settings: remove?', 'unlock-ready', toRemove],
  ...[
    'unlock-pin',
    'unlock-pin-last',
    'unlock-pin-wait',
    'unlock-system',
    'unlock-hello',
    'unlock-mac',
    'unlock-waiting',
    'unlock-both',
    'unlock-both-hello',
    'unlock-nothing-works',
    'not-enrolled',
    'not-enrolled-impossible',
    'pin-removed',
  ].map((scenario): [string, string] => [`unlock: ${scenario}`, scenario]),
  ['unlock: other ways', 'unlock-system', toOtherWays],
  ['unlock: wrong PIN', 'unlock-both', toWrongPin],
  ['set-up: choose', 'not-enrolled', toChoose],
  ['set-up: confirm', 'not-enrolled', toConfirm],
  ['set-up: try', 'not-enrolled', toTry],
  ['set-up: biometrics', 'not-enrolled', toBiometrics],
  ['set-up: done', 'not-enrolled', toDone],
  ['set-up: impossible', 'not-enrolled-impossible', to('Set up')],
  ['help: unlock', 'unlock-obstacle', to('Help')],
  ['activity', 'connected', to('Activity')],
  ['activity: empty', 'no-gateways', to('Activity')],
  ['help', 'offline', to('Help')],
];

async function open(what: Shown, go?: (page: Page) => Promise<void>): Promise<Page> {
  const page = await lab.show(what);
  await go?.(page);
  return page;
}

/** In another theme only colours are others. By name: the tag has rules of AAA too, which are off in light. */
test.each(screens)(
  'axe finds nothing in light and dark, and nothing scrolls sideways at 360 px and 200 %% on %s',
  async (_name, scenario, go) => {
    const page = await open({ scenario }, go);
    expect(await axeViolations(page), 'light').toEqual([]);
    await page.evaluate(async () => {
      const { settings } = await window.postern.snapshot();
      window.harness.push({ settings: { ...settings, theme: 'dark' } });
    });
    await page.locator('html[data-theme=dark]').waitFor();
    expect(await axeViolations(page, colourRules), 'dark').toEqual([]);
    for (const [width, height] of [
      [360, 640],
      [450, 320],
    ] as const) {
      await page.setViewportSize({ width, height });
      const overflowing = await page.evaluate(() =>
        [document.documentElement, ...document.querySelectorAll('main, dialog')]
          .filter((element) => element.scrollWidth > element.clientWidth)
          .map((element) => element.tagName),
      );
      expect(overflowing, `${width} px`).toEqual([]);
    }
  },
);

test('the page speaks German from its first word to its last', async () => {
  const page = await lab.show({ scenario: 'gate-kicked', language: 'de' });
  await page.getByRole('heading', { name: 'Code eingeben, um neu zu verbinden' }).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('de');
});

test('the large button asks for what the state allows', async () => {
  const page = await lab.show({ scenario: 'disconnected' });
  await page.getByLabel('Gateway').selectOption('Stockholm (38 ms)');
  await page.getByRole('button', { name: 'Connect' }).click();
  expect(await sentBy(page, 'connection.connect')).toEqual([
    { gatewayId: '0198a000-0000-7000-8000-000000000002' },
  ]);
  const connected = await lab.show({ scenario: 'connected' });
  await connected.getByRole('button', { name: 'Disconnect' }).click();
  await connected.getByRole('button', { name: 'Renew now' }).click();
  expect(await sentBy(connected, 'connection.disconnect')).toHaveLength(1);
  expect(await sentBy(connected, 'connection.renew')).toHaveLength(1);
});

test('the choice of the gateway can be given back, and tells how near each is', async () => {
  const page = await lab.show({ scenario: 'disconnected' });
  await expect.poll(() => sentBy(page, 'gateways.measure')).toHaveLength(1);
  const picker = page.getByLabel('Gateway');
  expect(await picker.locator('option').allTextContents()).toEqual([
    'Automatic: Frankfurt',
    'Frankfurt (12 ms)',
    'Stockholm (38 ms)',
    'Lisbon (offline)',
  ]);
  await picker.selectOption('Stockholm (38 ms)');
  await picker.selectOption('Automatic');
  await page.getByRole('button', { name: 'Connect' }).click();
  expect(await sentBy(page, 'connection.connect')).toEqual([{}]);
});

test('by keyboard alone: whose a network of both is can be said, and not under a guard', async () => {
  const page = await lab.show({ scenario: 'overlap' });
  const team = page.getByRole('radio', { name: /^Your team/ });
  const here = page.getByRole('radio', { name: /^The network here/ });
  expect([await here.isChecked(), await team.isChecked()]).toEqual([false, false]);
  await here.focus();
  await page.keyboard.press('ArrowDown');
  expect(await sentBy(page, 'overlap.choose')).toEqual([{ side: 'team' }]);
  const overlap = { networks: ['192.168.1.0/24'], side: 'team' as const, choice: 'made' as const };
  await page.evaluate((made) => window.harness.push({ overlap: made }), overlap);
  await page.getByText('So you have chosen for this network.').waitFor();
  expect(await team.isChecked()).toBe(true);
  expect(await page.evaluate(() => document.activeElement?.getAttribute('value'))).toBe('team');
  await page.evaluate((guarded) => window.harness.push({ overlap: guarded }), {
    ...overlap,
    choice: 'guard' as const,
  });
  await page.getByText('while traffic can be held back').waitFor();
  expect(await page.getByRole('radio').count()).toBe(0);
});

test('an untrusted server is shown with its fingerprint and trusted before the password is asked for', async () => {
  const page = await lab.show({ scenario: 'signed-out' });
  await toServer(page);
  await page.getByText('7F3A 91C2').waitFor();
  expect(await page.getByLabel('Password', { exact: true }).count()).toBe(0);
  await page.getByRole('button', { name: /^It matches/ }).click();
  await page.getByLabel('Password', { exact: true }).waitFor();
  expect(await sentBy(page, 'server.trust')).toEqual([{ serverUrl: 'https://vpn.northwind.example' }]);
});

test('backup codes stay until the user says that they are saved, also when the session begins meanwhile', async () => {
  const page = await lab.show({ scenario: 'signed-out' });
  await toBackup(page);
  await page.evaluate(() =>
    window.harness.push({ connection: { phase: 'disconnected', cause: null, reason: null, source: null } }),
  );
  expect(await page.getByRole('listitem').count()).toBe(10);
  await page.getByRole('button', { name: 'Continue' }).click({ force: true });
  expect(await page.getByRole('listitem').count()).toBe(10);
  await page.getByLabel('I have saved them').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: 'Disconnected' }).waitFor();
});

test('3: a shown password hides again when the window is left', async () => {
  const page = await lab.show({ scenario: 'signed-out' });
  await toPassword(page);
  await page.getByRole('button', { name: 'Show password' }).click();
  const field = page.getByLabel('Password', { exact: true });
  expect(await field.getAttribute('type')).toBe('text');
  await page.evaluate(() => window.dispatchEvent(new Event('blur')));
  await expect.poll(() => field.getAttribute('type')).toBe('password');
});

test('settings show what main says and not what was pressed', async () => {
  const page = await lab.show({ scenario: 'connected' });
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  const launch = page.getByRole('switch', { name: 'Connect when Postern opens' });
  await launch.click();
  expect(await sentBy(page, 'settings.change')).toEqual([{ connectAtLaunch: true }]);
  expect(await launch.isChecked()).toBe(false);
});

test('what ships is at most 150 kB compressed and holds neither harness nor schema library', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-page-'));
  try {
    await buildPage('production', folder);
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    const contents = await Promise.all(
      files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name))),
    );
    const bytes = contents.reduce((sum, content) => sum + gzipSync(content).length, 0);
    expect(bytes).toBeLessThanOrEqual(150_000);
    for (const content of contents) {
      const text = content.toString('utf8');
      expect(text).not.toMatch(/ZodError|Northwind|INC-20417/);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
