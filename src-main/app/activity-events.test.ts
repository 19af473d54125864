import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openJsonFile } from '../../src-client/settings/json-file.ts';
import { problem } from '../../src-shared/problem.ts';
import { activityBetween } from './activity-events.ts';
import { openActivityLog } from './activity-log.ts';
import { appSettingsSchema, defaultAppSettings } from './app-settings.ts';
import { changeSettings } from './change-settings.ts';
import { notificationBetween, opensGate } from './notification-events.ts';
import { AT, coreSnapshot, HELD, lease, prompt, REASON, states } from './testing/examples.ts';
import { trayShape, trayView } from './tray-view.ts';
import { wordsFor } from './words.ts';

const en = wordsFor('en', 'en');
const NOW = Date.parse(AT);
const at = (name: keyof typeof states) => coreSnapshot(states[name]);
const kinds = (...args: Parameters<typeof activityBetween>) =>
  activityBetween(...args).map(({ kind }) => kind);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'postern-app-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('activity', () => {
  test('an ended connection is a line with who and why', () => {
    expect(activityBetween(at('connected'), at('kicked'), 'home-button')).toEqual([
      { kind: 'gate', source: 'server', gatewayName: 'Prague', reason: REASON, problem: null },
    ]);
  });

  test('a connection that the user asked for says where they asked', () => {
    expect(activityBetween(at('disconnected'), at('connecting'), 'tray')).toMatchObject([
      { kind: 'connecting', source: 'tray', gatewayName: 'Prague' },
    ]);
    const ended = coreSnapshot({ ...states.disconnected, source: 'deep-link' });
    expect(activityBetween(at('connected'), ended, null)).toMatchObject([
      { kind: 'disconnected', source: 'deep-link', gatewayName: 'Prague' },
    ]);
  });

  test('signing in and out, renewals, refused codes and notices are lines; the same state again is none', () => {
    expect(kinds(at('signedOut'), at('disconnected'), null)).toEqual(['signed-in']);
    expect(kinds(at('connected'), at('signedOut'), null)).toEqual(['signed-out']);
    expect(kinds(at('connected'), at('connected'), null)).toEqual([]);
    const renewed = coreSnapshot({ ...states.connected, lease: lease(8) });
    expect(kinds(at('connected'), renewed, null)).toEqual(['renewed']);
    const refused = problem('invalid-code', undefined, { attemptsLeft: 2, mfaToken: 'x' });
    const failed = coreSnapshot({ phase: 'gate', prompt: prompt({ lastFailure: refused }) });
    const [line] = activityBetween(at('gate'), failed, null);
    expect(line).toMatchObject({ kind: 'proof-refused', problem: { code: 'invalid-code', attemptsLeft: 2 } });
    expect(line?.problem).not.toHaveProperty('mfaToken');
    expect(kinds(failed, failed, null)).toEqual([]);
    const notice = { id: 1, at: AT, kind: 'keychain' as const, text: 'locked' };
    const told = coreSnapshot(states.connected, { notices: [notice] });
    expect(kinds(at('connected'), told, null)).toEqual(['notice']);
    expect(kinds(told, told, null)).toEqual([]);
  });

  test('the log keeps the newest 200, newest first, through a restart', async () => {
    const log = pino({ level: 'silent' });
    const first = await openActivityLog({ folder, now: () => 0, log });
    for (let i = 0; i < 210; i += 1) first.add(activityBetween(at('disconnected'), at('connecting'), null));
    await first.flush();
    const second = await openActivityLog({ folder, now: () => 0, log });
    expect(second.entries).toHaveLength(200);
    expect(second.entries[0]?.id).toBe(210);
    second.add(activityBetween(at('connected'), at('kicked'), null));
    expect(second.entries.slice(0, 2).map(({ id }) => id)).toEqual([211, 210]);
    await second.flush();
  });
});

describe('settings', () => {
  const open = () =>
    openJsonFile({
      path: path.join(folder, 'p', 'app.json'),
      schema: appSettingsSchema,
      fallback: defaultAppSettings,
      now: () => 5,
      log: pino({ level: 'silent' }),
    });

  test('40: are the user’s alone on disk, and survive a restart', async () => {
    const file = await open();
    const changed = await changeSettings(
      { theme: 'dark' },
      { file, setLaunchAtLogin: async () => undefined, onChanged: () => undefined },
    );
    expect(changed.ok).toBe(true);
    expect(await file.flush()).toBe(true);
    expect(statSync(path.join(folder, 'p/app.json')).mode & 0o777).toBe(0o600);
    expect(statSync(path.join(folder, 'p')).mode & 0o777).toBe(0o700);
    expect(readdirSync(path.join(folder, 'p'))).toEqual(['app.json']);
    expect((await open()).current).toMatchObject({ theme: 'dark', launchAtLogin: false });
  });

  test('a damaged file is kept aside and defaults are used', async () => {
    const file = await open();
    file.set({ ...defaultAppSettings, theme: 'dark' });
    await file.flush();
    writeFileSync(path.join(folder, 'p/app.json'), '{"version":1,"theme":');
    const again = await open();
    expect(again.current).toEqual(defaultAppSettings);
    expect(again.putAside).toBe(path.join(folder, 'p/app.json.damaged-5'));
    expect(readFileSync(again.putAside ?? '', 'utf8')).toContain('"theme":');
  });

  test('what the system refuses is not remembered as done', async () => {
    const file = await open();
    const refuse = async () => {
      throw Object.assign(new Error('no'), { code: 'EACCES' });
    };
    const answer = await changeSettings(
      { launchAtLogin: true, theme: 'dark' },
      { file, setLaunchAtLogin: refuse, onChanged: () => undefined },
    );
    expect(answer).toMatchObject({ ok: false, problem: { code: 'storage-unavailable' } });
    expect(file.current).toEqual(defaultAppSettings);
  });

  test('a file of an earlier version is read, and what is chosen elsewhere by now is let go of', async () => {
    const old = { ...defaultAppSettings, theme: 'dark', trafficWhileWaiting: 'gate' };
    mkdirSync(path.join(folder, 'p'), { recursive: true });
    writeFileSync(path.join(folder, 'p/app.json'), JSON.stringify(old));
    const file = await open();
    expect(file.current).toEqual({ ...defaultAppSettings, theme: 'dark' });
    expect(file.putAside).toBeNull();
  });
});

describe('notifications', () => {
  test('an ended connection is told once, with the reason and what to do', () => {
    expect(notificationBetween(at('connected'), at('kicked'), en)).toEqual({
      title: 'Your connection was ended',
      body: 'sign-in from a new country. Enter a code to reconnect.',
      isUrgent: true,
    });
    expect(notificationBetween(at('kicked'), at('kicked'), en)).toBeNull();
  });

  test('what is asked for is named: an unlock is no code, and a missing PIN is to be set up', () => {
    const challenge = {
      ...prompt().challenge,
      requires: ['unlock' as const],
      unlockMethods: ['pin' as const],
    };
    const kicked = coreSnapshot({ phase: 'gate', prompt: prompt({ challenge, reason: REASON }) });
    expect(notificationBetween(at('connected'), kicked, en)?.body).toBe(
      'sign-in from a new country. Unlock with your PIN or biometrics to reconnect.',
    );
    const german = trayView(kicked, wordsFor('de', 'en'), NOW);
    expect(german.menu[1]?.label).toBe('Entsperren …');
    expect(german.toolTip).toBe('Postern: Wartet auf Ihre Bestätigung');
    const both = { ...challenge, requires: ['totp' as const, 'unlock' as const] };
    const twice = coreSnapshot({ phase: 'gate', prompt: prompt({ challenge: both, reason: REASON }) });
    expect(trayView(twice, en, NOW).menu[1]?.label).toBe('Enter code …');
    const cause = problem('unlock-not-enrolled');
    const bare = coreSnapshot({ phase: 'disconnected', cause, reason: null, source: null });
    expect(notificationBetween(at('connecting'), bare, en)).toMatchObject({
      title: 'Set up a PIN first',
      isUrgent: true,
    });
    expect(notificationBetween(bare, bare, en)).toBeNull();
  });

  test('a gate that the user opened is no news, but brings the window forward', () => {
    expect(notificationBetween(at('disconnected'), at('gate'), en)).toBeNull();
    expect(opensGate(at('disconnected'), at('gate'))).toBe(true);
    expect(opensGate(at('gate'), at('gate'))).toBe(false);
  });

  test('lost, back again, about to end and signed out are told; a wish of the user is not', () => {
    const title = (...args: [keyof typeof states, keyof typeof states]) =>
      notificationBetween(at(args[0]), at(args[1]), en)?.title;
    expect(title('connected', 'reconnecting')).toBe('Connection lost');
    expect(title('reconnecting', 'connected')).toBe('Connected to Prague');
    expect(title('connecting', 'connected')).toBeUndefined();
    expect(title('connected', 'disconnected')).toBeUndefined();
    expect(title('connected', 'signedOut')).toBeUndefined();
    const blocked = coreSnapshot({ phase: 'signed-out', reason: { ...REASON, message: 'Blocked.' } });
    expect(notificationBetween(at('connected'), blocked, en)?.body).toBe(
      'Blocked. Sign in again to connect.',
    );
    const expiring = coreSnapshot({ ...states.connected, expiring: AT });
    expect(notificationBetween(at('connected'), expiring, en)?.title).toBe('Your connection ends soon');
    expect(notificationBetween(expiring, expiring, en)).toBeNull();
    const ungated = coreSnapshot({ ...states.connected, warning: 'No gate policy is on.' });
    expect(notificationBetween(at('reconnecting'), ungated, en)?.body).toBe('No gate policy is on.');
  });
});

describe('tray', () => {
  test('has a shape for each phase, and four of them', () => {
    const shapes = Object.values(states).map(trayShape);
    expect(new Set(shapes)).toEqual(new Set(['disconnected', 'connecting', 'connected', 'attention']));
    expect(trayShape(states.kicked)).toBe('attention');
    expect(trayShape({ ...states.connected, health: 'degraded' })).toBe('attention');
  });

  test('says that the keyring is locked, and asks nobody to sign in', () => {
    const lockedSession = {
      serverUrl: 'https://vpn.example',
      serverName: 'Example',
      email: 'eva@example.com',
    };
    const view = trayView(coreSnapshot(states.signedOut, { lockedSession }), wordsFor('de', 'en'), NOW);
    expect(view).toMatchObject({ shape: 'attention', toolTip: 'Postern: Ihr Schlüsselbund ist gesperrt' });
    expect(view.menu.map((entry) => entry?.action)).toEqual(['open', undefined, 'quit']);
  });

  test('tells what is held back, the minutes of a portal window, and that blocking failed', () => {
    const held = (change: Partial<typeof HELD>, words = en) =>
      trayView(coreSnapshot(states.gate, { guard: { ...HELD, ...change } }), words, NOW);
    const line = 'Team networks are closed until you confirm';
    expect(held({}).toolTip).toBe(`Postern: Waiting for your code\n${line}`);
    expect(held({}).menu.slice(0, 2)).toEqual([{ action: 'open', label: line, isEnabled: true }, null]);
    expect(held({ mode: 'always', holds: 'all' }).menu[0]?.label).toBe('Only Postern can reach the network');
    const portalUntil = new Date(NOW + 61_000).toISOString();
    expect(held({ portalUntil }).menu[0]?.label).toContain('2 more minutes');
    expect(held({ portalUntil: AT }, wordsFor('de', 'en')).menu[0]?.label).toBe(
      'Die Netze des Teams sind zu, bis Sie sich ausweisen',
    );
    const failed = held({ failed: problem('guard-failed') });
    expect(failed.shape).toBe('attention');
    expect(failed.menu[0]?.label).toBe(en.blockingFailed);
    expect(held({ holds: 'nothing', since: null }).menu[0]?.label).toBe('Open Postern');
  });

  test('offers what the state allows, in the language of the user', () => {
    const labels = (name: keyof typeof states, words = en) =>
      trayView(at(name), words, NOW).menu.map((entry) =>
        entry?.isEnabled === false ? `(${entry.label})` : entry?.label,
      );
    expect(labels('disconnected')).toEqual(['Open Postern', 'Connect', '(Disconnect)', undefined, 'Quit']);
    expect(labels('connected')).toEqual(['Open Postern', '(Connect)', 'Disconnect', undefined, 'Quit']);
    expect(labels('gate')).toEqual(['Open Postern', 'Enter code …', 'Cancel', undefined, 'Quit']);
    expect(labels('signedOut', wordsFor('system', 'de-AT'))).toEqual([
      'Postern öffnen',
      'Anmelden …',
      undefined,
      'Beenden',
    ]);
  });
});
