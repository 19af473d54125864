import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Session } from 'electron';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { registerPageScheme, schemes, servePage, serveUnlockPage } from './page-protocol.ts';
import { FakeSession, protocol } from './testing/fake-electron.ts';

vi.mock('electron', () => import('./testing/fake-electron.ts'));

let folder: string;
let get: (url: string, method?: string) => Promise<Response>;
let getUnlock: typeof get;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'postern-page-'));
  const root = path.join(folder, 'renderer');
  mkdirSync(path.join(root, 'assets'), { recursive: true });
  writeFileSync(path.join(root, 'index.html'), '<!doctype html>');
  writeFileSync(path.join(root, 'assets/page.js'), 'export {};');
  writeFileSync(path.join(root, 'notes.txt'), 'no');
  writeFileSync(path.join(folder, 'secret.html'), 'secret');
  symlinkSync(path.join(folder, 'secret.html'), path.join(root, 'link.html'));
  mkdirSync(`${root}-other`);
  writeFileSync(path.join(`${root}-other`, 'x.html'), 'other');
  symlinkSync(`${root}-other`, path.join(root, 'sibling'));
  const session = new FakeSession();
  servePage(session as unknown as Session, root);
  const handler = session.handlers['protocol app'] as (request: Request) => Promise<Response>;
  get = (url, method = 'GET') => handler({ url, method } as Request);
  const unlockSession = new FakeSession();
  serveUnlockPage(unlockSession as unknown as Session, root);
  expect(Object.keys(unlockSession.handlers)).toEqual(['protocol https']);
  const unlockHandler = unlockSession.handlers['protocol https'] as typeof handler;
  getUnlock = (url, method = 'GET') => unlockHandler({ url, method } as Request);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('checklist', () => {
  test('13: the scheme is standard, secure and fetchable, and no more', () => {
    registerPageScheme();
    expect(schemes).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
    ]);
    expect(protocol.registered).toEqual(schemes);
  });

  test('14: what is a file of the page is served', async () => {
    for (const [url, type] of [
      ['app://ui/', 'text/html; charset=utf-8'],
      ['app://ui/index.html?x=1#y', 'text/html; charset=utf-8'],
      ['app://ui/assets/page.js', 'text/javascript; charset=utf-8'],
    ] as const) {
      const answer = await get(url);
      expect.soft([answer.status, answer.headers.get('content-type')], url).toEqual([200, type]);
    }
  });

  test('14: nothing else is', async () => {
    for (const url of [
      'app://evil/index.html',
      'app://ui.evil/index.html',
      'app://ui:1/index.html',
      'app://x@ui/index.html',
      'https://ui/index.html',
      'app://ui/../secret.html',
      'app://ui/assets/../../secret.html',
      'app://ui/%2e%2e/secret.html',
      'app://ui/..%5csecret.html',
      'app://ui/..\\secret.html',
      'app://ui/index.html%00.js',
      'app://ui/index.html\0.js',
      'app://ui//etc/x.html',
      'app://ui/link.html',
      'app://ui/sibling/x.html',
      'app://ui/notes.txt',
      'app://ui/assets',
      'app://ui/absent.js',
    ])
      expect.soft((await get(url)).status, url).toBe(404);
    expect((await get('app://ui/index.html', 'POST')).status).toBe(405);
    expect((await get('app://ui/index.html', 'HEAD')).status).toBe(405);
  });

  test('15: the policy is a header of every answer, to the letter', async () => {
    const policy =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";
    for (const url of ['app://ui/', 'app://ui/absent.js'])
      expect((await get(url)).headers.get('content-security-policy')).toBe(policy);
  });

  test('16: the other headers are exactly these', async () => {
    const headers = Object.fromEntries((await get('app://ui/')).headers);
    expect(headers).toEqual({
      'content-security-policy': expect.any(String),
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'permissions-policy': expect.stringContaining('publickey-credentials-create=()'),
      'cache-control': 'no-cache',
    });
    expect(headers['permissions-policy']).toContain('publickey-credentials-get=()');
  });

  test('14: the unlock page answers for its host alone, by GET', async () => {
    for (const url of [
      'https://unlock.postern.io/',
      'https://unlock.postern.io/index.html',
      'https://unlock.postern.io/assets/page.js?x',
    ])
      expect.soft((await getUnlock(url)).status, url).toBe(200);
    for (const url of [
      'https://unlock.postern.io.evil/',
      'https://unlock-postern.io/',
      'https://unlockxpostern.io/',
      'https://evil/',
      'https://unlock.postern.io:8443/',
      'https://x@unlock.postern.io/',
      'http://unlock.postern.io/',
      'app://ui/',
      'https://unlock.postern.io/../secret.html',
      'https://unlock.postern.io/%2e%2e/secret.html',
      'https://unlock.postern.io/link.html',
      'https://unlock.postern.io/absent.js',
    ])
      expect.soft((await getUnlock(url)).status, url).toBe(404);
    expect((await getUnlock('https://unlock.postern.io/', 'POST')).status).toBe(405);
    expect((await get('https://unlock.postern.io/')).status).toBe(404);
  });

  test('15: the unlock page has a policy of its own, to the letter, on every answer', async () => {
    for (const url of ['https://unlock.postern.io/', 'https://unlock.postern.io/absent.js'])
      expect((await getUnlock(url)).headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
  });

  test('16: the unlock page alone may use keys, and nothing else more than the app’s page', async () => {
    const policyOf = (answer: Response) => answer.headers.get('permissions-policy')?.split(', ') ?? [];
    const [ui, unlock] = [
      policyOf(await get('app://ui/')),
      policyOf(await getUnlock('https://unlock.postern.io/')),
    ];
    expect(unlock.filter((rule) => !rule.endsWith('=()'))).toEqual([
      'publickey-credentials-create=(self)',
      'publickey-credentials-get=(self)',
    ]);
    const names = (rules: string[]) => rules.map((rule) => rule.split('=')[0]);
    expect(names(unlock)).toEqual(names(ui));
    expect(ui.every((rule) => rule.endsWith('=()'))).toBe(true);
    const others = async (answer: Response) =>
      [...answer.headers].filter(([name]) => !/policy|type$/.test(name) || name.startsWith('cross-origin'));
    expect(await others(await getUnlock('https://unlock.postern.io/'))).toEqual(
      await others(await get('app://ui/')),
    );
  });
});
