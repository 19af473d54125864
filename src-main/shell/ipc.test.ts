import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import pino from 'pino';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type AppCommandName, appCommands, channelOf } from '../../src-shared/app-ipc.ts';
import { appSnapshot } from '../../src-shared/app-snapshot.ts';
import { fail, ok } from '../../src-shared/problem.ts';
import { createCommandHandlers } from '../app/app-commands.ts';
import { Door } from '../app/door.ts';
import { SignInFlow } from '../app/sign-in-flow.ts';
import { appSnapshotExample, idleCore } from '../app/testing/examples.ts';
import { wordsFor } from '../app/words.ts';
import type { ClientCore } from '../client/core.ts';
import { channelsOf, isTrustedSender, registerIpc } from './ipc.ts';
import { ipcMain } from './testing/fake-electron.ts';

vi.mock('electron', () => import('./testing/fake-electron.ts'));

const CANARY = '482913';
const frame = { url: 'app://ui/index.html' };
const trusted = { senderFrame: frame, sender: { id: 7, mainFrame: frame } };
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
    origin: 'app://ui',
    kindOf: (id) => (id === 7 ? 'main' : null),
    log,
    snapshot: () => appSnapshotExample,
    commands: createCommandHandlers({
      core: fullCore,
      door: new Door({ core: fullCore, bringForward: () => undefined }),
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
  const handler = ipcMain.handlers.get(channelOf(name));
  if (!handler) throw new Error(`nobody handles ${name}`);
  return handler(event, input);
}

beforeEach(() => {
  ipcMain.handlers.clear();
  register();
});

describe('checklist', () => {
  test('22: every command has one handler, and only the wrapper registers any', () => {
    expect([...ipcMain.handlers.keys()].toSorted()).toEqual(
      [...names.map(channelOf), 'app:snapshot-request'].toSorted(),
    );
    const checkout = path.join(import.meta.dirname, '../..');
    const sources = globSync('src-main/**/*.ts', { cwd: checkout }).filter(
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

  test('24: a window of another kind, or of nobody, may call nothing', () => {
    const options = { origin: 'app://ui', kindOf: () => null, log: pino({ level: 'silent' }) };
    // Only the parts of the event that are looked at.
    for (const channel of channelsOf.main)
      expect.soft(isTrustedSender(trusted as never, channel, options), channel).toBe(false);
    const own = { ...options, kindOf: () => 'main' as const };
    expect(isTrustedSender(trusted as never, 'app:unlock', own)).toBe(false);
    expect(isTrustedSender(trusted as never, 'app:connection.connect', own)).toBe(true);
  });

  test('25: a key too many, a text too long, a wrong type: refused before anything happens', async () => {
    for (const [name, input] of [
      ['connection.connect', { gatewayId: '018f3f3e-0000-7000-8000-000000000000', force: true }],
      ['connection.connect', { gatewayId: 'x' }],
      ['connection.connect', null],
      ['connection.submit-proof', { method: 'totp', code: CANARY.repeat(20) }],
      ['connection.submit-proof', { method: 'pin', code: CANARY }],
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

  test('27: a code that is typed comes back nowhere: no answer, no log, no snapshot', async () => {
    const answers = [
      await invoke('connection.submit-proof', { method: 'totp', code: CANARY }),
      await invoke('session.sign-in-mfa', { method: 'totp', code: CANARY }),
      await invoke('mfa.confirm', { code: CANARY }),
      await invoke('session.sign-in', { serverUrl: 'https://x.example', email: 'a@b', password: CANARY }),
      await invoke('connection.submit-proof', { method: 'totp', code: CANARY, extra: CANARY }),
    ];
    ipcMain.handlers.clear();
    register({
      submitProof: () => Promise.reject(new Error('a bug')),
      signIn: async () => fail('invalid-credentials', undefined, { mfaToken: CANARY, setupToken: CANARY }),
    });
    answers.push(await invoke('connection.submit-proof', { method: 'totp', code: CANARY }));
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
