import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPackageWithOptions } from '@electron/asar';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inspectArchive as inspect } from './archive-contents.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'postern-asar-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const inspectArchive = (archive: string) => inspect(archive, 'linux-x64');

const good: Record<string, string> = {
  'package.json': '{}',
  'dist/main.js': 'import { app } from "electron"; import("keytar"); import "node:fs"; require("path");',
  'dist/preload.cjs': 'require("electron")',
  'dist/renderer/index.html': '<html></html>',
  'node_modules/keytar/package.json': '{}',
  'node_modules/keytar/lib/keytar.js': '',
  'node_modules/keytar/prebuilds/linux-x64/keytar.node': '',
  'node_modules/@node-rs/argon2/package.json': '{}',
  'node_modules/@node-rs/argon2/index.js': '',
  'node_modules/@node-rs/argon2-linux-x64-gnu/argon2.linux-x64-gnu.node': '',
};

async function archiveOf(
  files: Record<string, string>,
  unpack = '**/node_modules/{keytar,@node-rs}/**',
): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, 'app', name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  const archive = path.join(folder, 'app.asar');
  await createPackageWithOptions(path.join(folder, 'app'), archive, { unpack });
  return archive;
}

test('bundles, a page and the native module outside are fit to ship', async () => {
  expect(inspectArchive(await archiveOf(good))).toEqual([]);
});

test.each([
  ['dist/window.test.js', 'a test'],
  ['dist/testing/scripted-server.js', 'a test double or harness'],
  ['dist/main.js.map', 'a source map'],
  ['dist/main.ts', 'TypeScript source'],
  ['src-main/main.js', 'source'],
  ['.env', 'a private file'],
  ['node_modules/fastify/index.js', 'a module that no part of the app loads'],
])('%s is found: %s', async (file, what) => {
  expect(inspectArchive(await archiveOf({ ...good, [file]: '' }))).toContain(`${file}: ${what}`);
});

test('a test double that was bundled is found by its words', async () => {
  const findings = inspectArchive(
    await archiveOf({ ...good, 'dist/main.js': 'chromium.launchPersistentContext(x)' }),
  );
  expect(findings).toEqual(['dist/main.js: contains "launchPersistentContext"']);
});

test('a module that a bundle loads but nobody packed is found', async () => {
  const main = 'import x from "electron-updater"; const y = require("@scope/part/deep");';
  expect(inspectArchive(await archiveOf({ ...good, 'dist/main.js': main }))).toEqual([
    'dist/main.js: loads "electron-updater", which is not in the archive',
    'dist/main.js: loads "@scope/part/deep", which is not in the archive',
  ]);
});

test('39: a native module inside the archive, or another file outside, is found', async () => {
  expect(inspectArchive(await archiveOf(good, '**/package.json'))).toEqual(
    expect.arrayContaining([
      'package.json: is outside the archive and should not be',
      'node_modules/keytar/lib/keytar.js: is inside the archive and should not be',
    ]),
  );
});

test('a native module of another platform, or none for this one, is found', async () => {
  expect(inspect(await archiveOf(good), 'win32-x64')).toEqual([
    'node_modules/keytar/prebuilds/win32-x64/keytar.node: is missing',
    'node_modules/@node-rs/argon2-win32-x64-msvc/argon2.win32-x64-msvc.node: is missing',
    'node_modules/@node-rs/argon2-linux-x64-gnu/argon2.linux-x64-gnu.node: is not for win32-x64',
    'node_modules/keytar/prebuilds/linux-x64/keytar.node: is not for win32-x64',
  ]);
});
