import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runInNewContext } from 'node:vm';
import { chromium } from '@playwright/test';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mainConfig, preloadConfig, unlockPreloadConfig } from '../../lab/build-app.ts';
import { findChromium } from '../../lab/host/browser/chromium.ts';
import { createPageFiles } from '../../src-main/app/page-files.ts';

let folder: string;
let bundles: { file: string; text: string }[];
const bundle = (name: string) => bundles.find(({ file }) => file === name)?.text ?? '';

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'postern-built-'));
  for (const config of [mainConfig, preloadConfig, unlockPreloadConfig])
    await build({ ...config, build: { ...config.build, outDir: folder } });
  bundles = readdirSync(folder).map((file) => ({
    file,
    text: readFileSync(path.join(folder, file), 'utf8'),
  }));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('checklist', () => {
  test('2: what is shipped turns no sandbox off', () => {
    expect(bundles.map(({ file }) => file)).toEqual(
      expect.arrayContaining(['main.js', 'preload.cjs', 'preload-unlock.cjs']),
    );
    for (const { file, text } of bundles)
      expect.soft(text, file).not.toMatch(/sandbox: ?(!1|false)|contextIsolation: ?(!1|false)/);
    expect(bundle('main.js')).toMatch(/sandbox: true/);
  });

  test('15: under our policy Chromium runs no inline script and fetches nothing, and a control page shows that it could', async () => {
    const root = path.join(folder, 'page');
    mkdirSync(root);
    const body =
      '<script>document.title += " inline"</script><script src="own.js"></script><p style="color:red">x</p>';
    writeFileSync(path.join(root, 'index.html'), `<!doctype html><title>page</title>${body}`);
    writeFileSync(path.join(root, 'own.js'), 'document.title += " own"');
    const serve = createPageFiles(root);
    let fetched = 0;
    const other = createServer((_request, response) => {
      fetched += 1;
      response.setHeader('access-control-allow-origin', '*').end('x');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const target = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
    const executablePath = findChromium();
    if (executablePath === null) throw new Error('no Chromium on this machine');
    const browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        // Or Chromium would ask somebody whether the page may talk to this computer.
        '--disable-features=LocalNetworkAccessChecks',
      ],
    });
    try {
      const visit = async (hasPolicy: boolean) => {
        const context = await browser.newContext();
        const tab = await context.newPage();
        await tab.route('http://localhost/**', async (route) => {
          const url = route.request().url().replace('http://localhost', 'app://ui');
          const answer = await serve(new Request(url));
          const headers = Object.fromEntries(answer.headers);
          if (!hasPolicy) delete headers['content-security-policy'];
          await route.fulfill({
            status: answer.status,
            headers,
            body: Buffer.from(await answer.arrayBuffer()),
          });
        });
        await tab.goto('http://localhost/');
        const color = await tab.locator('p').evaluate((element) => getComputedStyle(element).color);
        const reached = await tab.evaluate(
          (url) =>
            fetch(url).then(
              () => true,
              () => false,
            ),
          target,
        );
        const title = await tab.title();
        await context.close();
        return { title, reached, isRed: color === 'rgb(255, 0, 0)' };
      };
      expect(await visit(false)).toEqual({ title: 'page inline own', reached: true, isRed: true });
      expect(await visit(true)).toEqual({ title: 'page own', reached: false, isRed: false });
      expect(fetched).toBe(1);
    } finally {
      await browser.close();
      other.close();
    }
  });

  test.each([
    ['preload.cjs', 'postern', ['invoke', 'onSnapshot', 'snapshot']],
    ['preload-unlock.cjs', 'posternUnlock', ['answer', 'task']],
  ])('26: %s needs nothing but Electron’s two parts, and exposes one frozen object', (file, name, keys) => {
    const required: string[] = [];
    const exposed = new Map<string, unknown>();
    expect(bundle(file)).not.toBe('');
    runInNewContext(bundle(file), {
      exports: {},
      module: { exports: {} },
      URL,
      require(wanted: string) {
        required.push(wanted);
        return {
          contextBridge: { exposeInMainWorld: (key: string, api: unknown) => exposed.set(key, api) },
          ipcRenderer: {},
        };
      },
    });
    expect(required).toEqual(['electron']);
    expect([...exposed.keys()]).toEqual([name]);
    expect(Object.isFrozen(exposed.get(name))).toBe(true);
    expect(Object.keys(exposed.get(name) ?? {}).toSorted()).toEqual(keys);
  });
});

test('main loads nothing at run time but Electron, Node and the two native modules', () => {
  const allowed = new Set([
    'electron',
    'keytar',
    '@node-rs/argon2',
    ...builtinModules,
    ...builtinModules.map((name) => `node:${name}`),
  ]);
  for (const { file, text } of bundles.filter(({ file }) => file.endsWith('.js'))) {
    const loaded = [...text.matchAll(/^import .*? from "([^"]+)";$|\bimport\("([^"]+)"\)/gm)].map(
      (match) => match[1] ?? match[2] ?? '',
    );
    expect
      .soft(
        loaded.filter((name) => !name.startsWith('./') && !allowed.has(name)),
        file,
      )
      .toEqual([]);
  }
});

test('an installed app takes its team from the build, and its ways to ask from nowhere else', () => {
  expect(bundle('main.js')).toContain('io.postern.desktop.webauthn');
  expect(bundle('main.js')).not.toContain('process.env.POSTERN_MAC_TEAM_ID');
});

test('no test double is in what is shipped', () => {
  for (const { file, text } of bundles)
    expect
      .soft(text, file)
      .not.toMatch(/fake-electron|FakeWindow|idleCore|scripted-core|posternRecorder|e2e\/host/);
});
