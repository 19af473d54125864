import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeSession } from './testing/fake-electron.ts';
import { startUpdater, type UpdateState } from './updater.ts';

vi.mock('electron', () => import('./testing/fake-electron.ts'));

const FEED = 'https://updates.example.com/postern';
const update = { version: '1.2.3', files: [{ sha512: 'abc' }] };
const text = 'version: 1.2.3\nfiles:\n  - url: x\n    sha512: abc\n';

/** What the updater uses of electron-updater; the network's part of its session is scripted. */
class ScriptedUpdater extends EventEmitter {
  readonly fetched: string[] = [];
  readonly netSession = Object.assign(new FakeSession(), {
    fetch: async (url: string) => {
      this.fetched.push(url);
      return new Response(url.endsWith('.sig') ? this.signature : text);
    },
  });
  signature = '';
  downloads = 0;
  install: () => void = () => undefined;
  feedUrl = '';
  setFeedURL({ url }: { url: string }): void {
    this.feedUrl = url;
  }
  async checkForUpdates() {
    return { isUpdateAvailable: true, updateInfo: update };
  }
  async downloadUpdate(): Promise<void> {
    this.downloads += 1;
    this.emit('update-downloaded');
  }
  quitAndInstall(): void {
    this.install();
  }
}

const scripted = vi.hoisted(() => ({ current: null as unknown }));
vi.mock('electron-updater', () => ({
  default: {
    get autoUpdater() {
      return scripted.current;
    },
  },
}));

let resources: string;
let privateKey: KeyObject;
let updater: ScriptedUpdater;
let states: UpdateState[];
let steps: string[];

beforeEach(() => {
  resources = mkdtempSync(path.join(tmpdir(), 'postern-updater-'));
  const pair = generateKeyPairSync('ed25519');
  privateKey = pair.privateKey;
  const publicKey = pair.publicKey.export({ format: 'jwk' }).x;
  writeFileSync(path.join(resources, 'update-feed.json'), JSON.stringify({ url: FEED, publicKey }));
  updater = new ScriptedUpdater();
  updater.signature = sign(null, Buffer.from(text), privateKey).toString('base64');
  scripted.current = updater;
  states = [];
  steps = [];
});
afterEach(() => rmSync(resources, { recursive: true }));

const start = () =>
  startUpdater({
    isPackaged: true,
    resources,
    onState: (state) => states.push(state),
    expectInstaller() {
      steps.push('expected');
      return () => steps.push('goes on');
    },
    log: pino({ level: 'silent' }),
  });
const ready = async () => {
  const started = start();
  await vi.waitFor(() => expect(states).toContain('ready'));
  return started;
};

test('what our signature is on is fetched over a session that reaches the feed alone', async () => {
  await ready();
  expect(updater.feedUrl).toBe(FEED);
  expect(updater.fetched).toHaveLength(2);
  const request = updater.netSession.handlers.beforeRequest as (
    details: object,
    callback: (word: object) => void,
  ) => void;
  const words: object[] = [];
  for (const url of [...updater.fetched, 'https://example.com/'])
    request({ url }, (word) => words.push(word));
  expect(words).toEqual([{ cancel: false }, { cancel: false }, { cancel: true }]);
});

test('what it is not on is not downloaded', async () => {
  updater.signature = sign(null, Buffer.from(`${text} `), privateKey).toString('base64');
  start();
  await vi.waitFor(() => expect(updater.fetched).toHaveLength(2));
  await new Promise(setImmediate);
  expect([updater.downloads, states]).toEqual([0, ['none']]);
});

test('an installation that the user refuses ends nothing, and can be tried again', async () => {
  const started = await ready();
  updater.install = () => updater.emit('error', new Error('pkexec exited with 126'));
  expect(await started.install()).toMatchObject({ ok: false, problem: { code: 'wrong-state' } });
  expect(steps).toEqual(['expected', 'goes on']);
  updater.install = () => steps.push('installed');
  expect(await started.install()).toMatchObject({ ok: true });
  expect(steps.slice(2)).toEqual(['expected', 'installed']);
});
