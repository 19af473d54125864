import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Session } from 'electron';
import { describe, expect, test, vi } from 'vitest';
import {
  hardenSession,
  hardenSessions,
  hardenUpdateSession,
  openUiSession,
  openUnlockSession,
} from './session-hardening.ts';
import { app, FakeSession, session } from './testing/fake-electron.ts';

vi.mock('electron', () => import('./testing/fake-electron.ts'));

const root = path.join(import.meta.dirname, '../..');
const types = readFileSync(path.join(root, 'node_modules/electron/electron.d.ts'), 'utf8');

/** Every permission that this Electron knows, from its own types. */
function permissionNames(): string[] {
  const signature =
    /setPermissionRequestHandler\(handler: .*?permission: (.*?), callback/.exec(types)?.[1] ?? '';
  return [...signature.matchAll(/'([^']+)'/g)].map((match) => match[1] ?? '');
}

function hardened(origin = 'app://ui'): FakeSession {
  const target = new FakeSession();
  hardenSession(target as unknown as Session, origin);
  return target;
}

function isCancelled(target: FakeSession, url: string): unknown {
  let answer: unknown;
  const handler = target.handlers.beforeRequest as (
    details: object,
    callback: (word: object) => void,
  ) => void;
  handler({ url }, (word) => {
    answer = word;
  });
  return answer;
}

describe('checklist', () => {
  test('18: every permission that Electron knows is denied, in every session', () => {
    const names = permissionNames();
    expect(names.length).toBeGreaterThan(40);
    expect(names).toContain('clipboard-read');
    hardenSessions('app://ui');
    const target = new FakeSession();
    app.emit('session-created', target);
    const request = target.handlers.permissionRequest as (
      contents: null,
      permission: string,
      callback: (isGranted: boolean) => void,
    ) => void;
    const check = target.handlers.permissionCheck as (contents: null, permission: string) => boolean;
    for (const name of names) {
      let granted: boolean | null = null;
      request(null, name, (isGranted) => {
        granted = isGranted;
      });
      expect.soft(granted, name).toBe(false);
      expect.soft(check(null, name), name).toBe(false);
    }
    expect((target.handlers.devicePermission as () => boolean)()).toBe(false);
    let streams: unknown = 'none asked';
    (target.handlers.displayMedia as (request: object, callback: (word: unknown) => void) => void)(
      {},
      (word) => {
        streams = word;
      },
    );
    expect(streams).toBeNull();
  });

  test('19: a request goes to our own page or nowhere', () => {
    const target = hardened();
    for (const url of ['app://ui/', 'app://ui/assets/page.js'])
      expect.soft(isCancelled(target, url), url).toEqual({ cancel: false });
    for (const url of [
      'https://example.com/',
      'http://127.0.0.1:1/',
      'ws://ui/',
      'app://ui.evil/x.js',
      'file:///etc/passwd',
      'data:text/css,x',
      'devtools://devtools/x',
      'chrome://gpu',
    ])
      expect.soft(isCancelled(target, url), url).toEqual({ cancel: true });
  });

  test('20: the session is in memory and without a cache', () => {
    openUiSession('app://ui');
    expect(isCancelled(session.defaultSession, 'https://example.com/')).toEqual({ cancel: true });
    const [opened] = session.partitions;
    expect(opened?.partition.startsWith('persist:')).toBe(false);
    expect(opened?.options).toEqual({ cache: false });
  });

  test('20: the unlock window’s session is another one, in memory too but where its keys need it, and reaches its page alone', () => {
    session.partitions.length = 0;
    const unlock = openUnlockSession('win32') as unknown as FakeSession;
    openUnlockSession('linux');
    openUnlockSession('darwin');
    expect(session.partitions).toEqual([
      { partition: 'postern-unlock', options: { cache: false } },
      { partition: 'postern-unlock', options: { cache: false } },
      { partition: 'persist:postern-unlock', options: { cache: false } },
    ]);
    expect(isCancelled(unlock, 'https://unlock.postern.io/assets/x.js')).toEqual({ cancel: false });
    for (const url of [
      'app://ui/',
      'https://example.com/',
      'https://unlock.postern.io.evil.example/',
      'https://x@unlock.postern.io/',
      'https://unlock.postern.io:8443/',
      'http://unlock.postern.io/',
      'wss://unlock.postern.io/',
    ])
      expect.soft(isCancelled(unlock, url), url).toEqual({ cancel: true });
    expect((unlock.handlers.permissionCheck as () => boolean)()).toBe(false);
  });
});

test('the updater reaches its own feed and nothing else, whatever was said of its session before', () => {
  const feed = 'https://updates.example.com/postern';
  const target = hardened();
  hardenUpdateSession(target as unknown as Session, feed);
  for (const file of [
    'latest-linux.yml',
    'latest-linux.yml.sig',
    'Postern-1.2.3.AppImage',
    'x/y.blockmap?noCache=1',
  ])
    expect.soft(isCancelled(target, `${feed}/${file}`), file).toEqual({ cancel: false });
  for (const url of [
    feed,
    'https://updates.example.com/other/latest.yml',
    'https://updates.example.com/postern/../other/latest.yml',
    'https://updates.example.com/postern-evil/latest.yml',
    'https://updates.example.com:8443/postern/latest.yml',
    'https://x@updates.example.com/postern/latest.yml',
    'http://updates.example.com/postern/latest.yml',
    'https://updates.example.com.evil.example/postern/latest.yml',
    'app://ui/',
    'file:///etc/passwd',
  ])
    expect.soft(isCancelled(target, url), url).toEqual({ cancel: true });
  expect((target.handlers.permissionCheck as () => boolean)()).toBe(false);
  const root = hardened();
  hardenUpdateSession(root as unknown as Session, 'https://updates.example.com');
  expect(isCancelled(root, 'https://updates.example.com/latest.yml')).toEqual({ cancel: false });
  expect(isCancelled(root, 'https://updates.example.org/latest.yml')).toEqual({ cancel: true });
});

test('a development server is reached, with its socket, and nothing beside it', () => {
  const target = hardened('http://127.0.0.1:5173');
  for (const url of ['http://127.0.0.1:5173/main.tsx', 'ws://127.0.0.1:5173/'])
    expect(isCancelled(target, url)).toEqual({ cancel: false });
  for (const url of ['http://127.0.0.1:5174/', 'ws://127.0.0.1:1/', 'app://ui/'])
    expect(isCancelled(target, url)).toEqual({ cancel: true });
});
