import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import pino from 'pino';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { ClientCore } from '../../src-client/core.ts';
import { type AppCommandName, appCommands, channelOf } from '../../src-shared/app-ipc.ts';
import { appSnapshot } from '../../src-shared/app-snapshot.ts';
import { fail, ok } from '../../src-shared/problem.ts';
import { UNLOCK_ORIGIN } from '../../src-shared/unlock.ts';
import { createCommandHandlers } from '../app/app-commands.ts';
import { ConnectRequests } from '../app/connect-requests.ts';
import { SignInFlow } from '../app/sign-in-flow.ts';
import { appSnapshotExample, idleCore } from '../app/testing/examples.ts';
import { wordsFor } from '../app/words.ts';
import { channelsOf, isTrustedSender, registerIpc, type WindowKind } from './ipc.ts';
import { ipcMain } from './testing/fake-electron.ts';

vi.mock('electron', () => import('./testing/fake-electron.ts'));

const CANARY = '482913';
const frame = { url: 'app://ui/index.html' };
const trusted = { senderFrame: frame, sender: { id: 7, mainFrame: frame } };
const unlockFrame = { url: 'https://unlock.postern.io/' };
const fromUnlock = { senderFrame: unlockFrame, sender: { id: 8, mainFrame: unlockFrame } };
const origins = { main: 'app://ui', unlock: UNLOCK_ORIGIN };
const names = Object.keys(appCommands) as AppCommandName[];
let logged: string;
let calls: string[];

function register(core: Partial<ClientCore> = {}): void {
  logged = '';
  calls = [];
  const write = (line: string) => {
    logged += line;
  };
  const log = pino({ level: 'trace' }, { write });
  const fullCore: ClientCore = { ...idleCore(calls), ...core };
  registerIpc({
    origins,
    kindOf: (id) => (id === 7 ? 'main' : id === 8 ? 'unlock' : null),
    log,
    snapshot: () => appSnapshotExample,
    unlock: {
      task: (id) => {
        calls.push(`task ${id}`);
        return ok({ kind: 'probe' });
      },
      answer: (id) => {
        calls.push(`answer ${id}`);
        return ok(undefined);
      },
    },
    commands: createCommandHandlers({
      core: fullCore,
      requests: new ConnectRequests({ core: fullCore, bringForward: () => undefined }),
      signIn: new SignInFlow(fullCore, { serverUrl: null, caFile: null }),
      desktop: {
        chooseCa: async () => null,
        saveText: async () => false,
        writeClipboard: async () => undefined,
        openLink: async () => undefined,
        trust: async () => ok(undefined),
        installUpdate: async () => fail('not-supported'),
        hideWindow: () => undefined,
        quit: () => undefined,
      },
      changeSettings: async () => ok(undefined),
      diagnostics: () => 'diagnostics',
      trustedServersFile: '/nowhere',
      words: () => wordsFor('en', 'en'),
    }),
  });
}

function invoke(name: AppCommandName, input: unknown, event: unknown = trusted): Promise<unknown> {
  return invokeChannel(channelOf(name), input, event);
}

function invokeChannel(channel: string, input: unknown, event: unknown): Promise<unknown> {
  const handler = ipcMain.handlers.get(channel);
  if (!handler) throw new Error(`nobody handles ${channel}`);
  return handler(event, input);
}

beforeEach(() => {
  ipcMain.handlers.clear();
  register();
});

describe('checklist', () => {
  test('22: every command has one handler, and only the wrapper registers any', () => {
    expect([...ipcMain.handlers.keys()].toSorted()).toEqual(
      [...names.map(channelOf), 'app:snapshot-request', 'unlock:task', 'unlock:answer'].toSorted(),
    );
    const checkout = path.join(import.meta.dirname, '../..');
    const sources = globSync('{src-main,src-client}/**/*.ts', { cwd: checkout }).filter(
      (file) => !file.endsWith('.test.ts'),
    );
    for (const file of sources) {
      const text = readFileSync(path.join(checkout, file), 'utf8');
      expect.soft(text, file).not.toMatch(/ipcMain\.(on|once|handleOnce)\(/);
      if (!/shell\/(ipc\.ts|testing\/)/.test(file)) expect.soft(text, file).not.toMatch(/ipcMain\b/);
    }
    expect(
      readFileSync(path.join(checkout, 'src-main/shell/ipc.ts'), 'utf8').match(/ipcMain\.handle\(/g),
    ).toHaveLength(1);
  });

  test.each([
    ['the main frame on our page', trusted, true],
    ['a frame that has moved on', { ...trusted, senderFrame: null }, false],
    ['a frame inside the page', { ...trusted, senderFrame: { url: 'app://ui/' } }, false],
    ...[
      'https://ui/',
      'app://ui.evil/',
      'app://x@ui/',
      'file:///x',
      'data:text/html,x',
      'about:blank',
      '',
    ].map((url) => {
      const other = { url };
      return [
        `a page at ${url}`,
        { senderFrame: other, sender: { id: 7, mainFrame: other } },
        false,
      ] as const;
    }),
  ] as const)('23: %s is heard: %o → %s', async (_name, event, isHeard) => {
    const answer = await invoke('connection.refresh', undefined, event);
    expect(answer).toMatchObject({ ok: isHeard });
    expect(calls.includes('refresh')).toBe(isHeard);
  });

  test('24: each kind of window may call its own channels, none of the other’s, and a window of nobody none', async () => {
    const log = pino({ level: 'silent' });
    const unlockChannels = ['unlock:task', 'unlock:answer'];
    expect([...channelsOf.unlock]).toEqual(unlockChannels);
    const mainChannels = [...channelsOf.main];
    expect(mainChannels.filter((channel) => channelsOf.unlock.has(channel))).toEqual([]);
    // Only the parts of the event that are looked at; each page at its own address, and at the other's.
    const may = (kind: WindowKind | null, page: object, channel: string) =>
      isTrustedSender(page as never, channel, { origins, kindOf: () => kind, log });
    for (const channel of [...mainChannels, ...unlockChannels]) {
      expect.soft(may(null, trusted, channel), channel).toBe(false);
      expect.soft(may(null, fromUnlock, channel), channel).toBe(false);
      expect.soft(may('main', trusted, channel), channel).toBe(mainChannels.includes(channel));
      expect.soft(may('unlock', fromUnlock, channel), channel).toBe(unlockChannels.includes(channel));
      expect.soft(may('main', fromUnlock, channel), channel).toBe(false);
      expect.soft(may('unlock', trusted, channel), channel).toBe(false);
    }
    expect(may('main', trusted, 'app:unlock')).toBe(false);
    expect(await invoke('connection.refresh', undefined, fromUnlock)).toMatchObject({ ok: false });
    expect(await invokeChannel('unlock:task', undefined, trusted)).toMatchObject({ ok: false });
    expect(calls).toEqual([]);
    expect(await invokeChannel('unlock:task', undefined, fromUnlock)).toEqual({
      ok: true,
      value: { kind: 'probe' },
    });
    expect(calls).toEqual(['task 8']);
  });

  test('25: a key too many, a text too long, a wrong type: refused before anything happens', async () => {
    for (const [name, input] of [
      ['connection.connect', { gatewayId: '018f3f3e-0000-7000-8000-000000000000', force: true }],
      ['connection.connect', { gatewayId: 'x' }],
      ['connection.connect', null],
      ['connection.submit-proof', { method: 'totp', code: CANARY }],
      ['connection.submit-proof', { answers: [] }],
      ['connection.submit-proof', { answers: [{ method: 'totp', code: CANARY.repeat(20) }] }],
      ['connection.submit-proof', { answers: [{ method: 'pin', code: CANARY }] }],
      ['connection.submit-proof', { answers: [{ method: 'pin', pin: CANARY.repeat(20) }] }],
      ['connection.submit-proof', { answers: [{ method: 'uv-soft', verified: true }] }],
      ['unlock.set-pin', { pin: CANARY }],
      ['unlock.set-pin', { pin: CANARY, proof: { method: 'pin', pin: CANARY } }],
      ['unlock.turn-on-biometrics', { proof: { method: 'uv-soft' } }],
      ['unlock.check', { answer: { method: 'none' } }],
      ['devices.remove', { deviceId: '../x' }],
      ['session.sign-in', { serverUrl: 'http://vpn.example', email: 'a@b', password: 'x' }],
      ['session.sign-in', { serverUrl: 'file:///etc', email: 'a@b', password: 'x' }],
      ['settings.change', { theme: 'pink' }],
      ['settings.change', { version: 2 }],
      ['link.open', { link: 'https://evil' }],
      ['clipboard.write', { text: 'x'.repeat(5000) }],
      ['app.quit', 1],
    ] as const)
      expect.soft(await invoke(name, input), `${name} ${JSON.stringify(input).slice(0, 60)}`).toMatchObject({
        ok: false,
        problem: { code: 'invalid-request' },
      });
    expect(calls).toEqual([]);
  });

  test('25: whatever a page sends, it gets an answer of the right form', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.anything(), async (name, input) => {
        const answer = await invoke(name, input);
        expect(answer).toHaveProperty('ok', expect.any(Boolean));
      }),
      { numRuns: 300 },
    );
  });

  test('27: a code or PIN that is typed comes back nowhere: no answer, no log, no snapshot', async () => {
    const totp = { answers: [{ method: 'totp', code: CANARY }] };
    const answers = [
      await invoke('connection.submit-proof', totp),
      await invoke('connection.submit-proof', { answers: [{ method: 'pin', pin: CANARY }] }),
      await invoke('unlock.set-pin', { pin: CANARY, proof: { method: 'totp', code: CANARY } }),
      await invoke('unlock.turn-on-biometrics', { proof: { method: 'totp', code: CANARY } }),
      await invoke('unlock.check', { answer: { method: 'pin', pin: CANARY } }),
      await invoke('session.sign-in-mfa', { method: 'totp', code: CANARY }),
      await invoke('mfa.confirm', { code: CANARY }),
      await invoke('session.sign-in', { serverUrl: 'https://x.example', email: 'a@b', password: CANARY }),
      await invoke('connection.submit-proof', { ...totp, extra: CANARY }),
      await invoke('unlock.check', { answer: { method: 'pin', pin: CANARY, more: CANARY } }),
    ];
    ipcMain.handlers.clear();
    register({
      submitProof: () => Promise.reject(new Error('a bug')),
      checkUnlock: async () => fail('wrong-pin', undefined, { attemptsLeft: 1, pin: CANARY, salt: CANARY }),
      signIn: async () => fail('invalid-credentials', undefined, { mfaToken: CANARY, setupToken: CANARY }),
    });
    answers.push(await invoke('unlock.check', { answer: { method: 'pin', pin: CANARY } }));
    answers.push(await invoke('connection.submit-proof', totp));
    expect(answers.at(-1)).toMatchObject({ ok: false, problem: { code: 'internal-error' } });
    const refused = await invoke('session.sign-in', {
      serverUrl: 'https://x.example',
      email: 'a@b',
      password: 'p',
    });
    expect(refused).toMatchObject({ ok: false, problem: { code: 'invalid-credentials' } });
    answers.push(refused);
    expect(JSON.stringify(answers)).not.toContain(CANARY);
    expect(logged).toContain('a bug');
    expect(logged).not.toContain(CANARY);
    const handler = ipcMain.handlers.get('app:snapshot-request');
    const snapshot = await handler?.(trusted, undefined);
    expect(snapshot).toMatchObject({ ok: true });
    expect(JSON.stringify(snapshot)).not.toContain(CANARY);
  });
});

test('the snapshot that is handed out is what the preload accepts', async () => {
  expect(appSnapshot.safeParse(appSnapshotExample).success).toBe(true);
});
