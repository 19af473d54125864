import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { validateConfiguration } from 'app-builder-lib/out/util/config/config.js';
import { DebugLogger } from 'builder-util';
import type { Configuration } from 'electron-builder';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { UNPACKED_MODULES } from './archive-contents.ts';

const checkout = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(checkout, file), 'utf8');
const raw: unknown = parse(read('electron-builder.yml'));

/** The type without a check: checking is what the validator is asked to do. */
const asConfiguration = z.custom<Configuration>();

/** What the tests look at; everything else is electron-builder's schema's business. */
const config = z
  .looseObject({
    asar: z.object({ smartUnpack: z.boolean() }),
    asarUnpack: z.array(z.string()),
    files: z.array(z.string()),
    publish: z.null(),
    beforePack: z.string(),
    afterPack: z.string(),
    toolsets: z.object({ appimage: z.string() }),
    linux: z.looseObject({ executableName: z.string(), target: z.array(z.string()) }),
    appImage: z.object({ executableArgs: z.array(z.string()) }),
    mac: z.looseObject({ hardenedRuntime: z.boolean(), target: z.array(z.string()) }),
    win: z.looseObject({ target: z.array(z.string()) }),
    nsis: z.looseObject({ perMachine: z.boolean(), oneClick: z.boolean() }),
  })
  .parse(raw);

test("electron-builder's own schema accepts the configuration", async () => {
  await expect(
    validateConfiguration(asConfiguration.parse(structuredClone(raw)), new DebugLogger(false)),
  ).resolves.toBe(undefined);
  const broken = asConfiguration.parse({ ...structuredClone(config), asarUnpak: [] });
  await expect(validateConfiguration(broken, new DebugLogger(false))).rejects.toThrow(/asarUnpak/);
});

test('there is an installer of each kind, and Windows has one for all users only', () => {
  expect(config.linux.target).toEqual(['deb', 'rpm', 'AppImage']);
  expect(config.mac.target).toEqual(['dmg', 'pkg', 'zip']);
  expect(config.win.target).toEqual(['nsis']);
  expect(config.nsis).toMatchObject({ perMachine: true, oneClick: false });
  expect(config.mac.hardenedRuntime).toBe(true);
});

test('nothing is published or updated until a feed is configured', () => {
  expect(config.publish).toBe(null);
});

test('files are the bundles and two native modules, never the whole checkout', () => {
  const taken = config.files.filter((pattern) => !pattern.startsWith('!'));
  expect(taken).toEqual(['dist/*.{js,cjs}', 'dist/{icons,renderer,unlock-page}/**/*', 'package.json']);
  expect(config.files).toContain('!**/node_modules/!(keytar|@node-rs){,/**/*}');
});

describe('checklist', () => {
  const sources = globSync('{src-main,src-client}/**/*.ts', { cwd: checkout }).filter(
    (file) => !file.endsWith('.test.ts'),
  );

  test('31: main forks no Node, which the fuses forbid', () => {
    expect(sources.length).toBeGreaterThan(0);
    for (const file of sources) expect.soft(read(file), file).not.toMatch(/\bfork\(/);
  });

  test('35: no crash reporter is started, and nothing starts the app without its sandbox', () => {
    for (const file of sources) expect.soft(read(file), file).not.toMatch(/crashReporter/);
    const shipped = [
      'electron-builder.yml',
      ...globSync('assets/{linux,windows,macos}/**/*.*', { cwd: checkout }),
    ];
    for (const file of [...shipped, 'assets/linux/bin/postern-desktop']) {
      const lines = read(file).split('\n');
      const orders = lines.filter((line) => !/^\s*(#|;)/.test(line));
      expect.soft(orders.join('\n'), file).not.toContain('no-sandbox');
    }
    // The older runtime adds --no-sandbox to the entry by itself.
    expect(config.toolsets.appimage).not.toBe('0.0.0');
    expect(config.appImage.executableArgs).toEqual([]);
  });

  test('38: Electron is one exact 45, in package.json and in the lock file', () => {
    const manifest = z
      .object({ devDependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read('package.json')));
    const lock = z
      .object({ packages: z.record(z.string(), z.looseObject({ version: z.string().optional() })) })
      .parse(JSON.parse(read('package-lock.json')));
    const wanted = manifest.devDependencies.electron;
    expect(wanted).toMatch(/^45\.\d+\.\d+$/);
    expect(lock.packages['node_modules/electron']?.version).toBe(wanted);
    for (const name of ['@electron/fuses', 'electron-builder', 'node'])
      expect(manifest.devDependencies[name]).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('39: exactly the native modules that main loads lie outside the archive', () => {
    expect(config.asarUnpack).toEqual(
      UNPACKED_MODULES.map((name) => `node_modules/${name.split('/')[0]}/**/*`),
    );
    // electron-builder's guess would take more out.
    expect(config.asar.smartUnpack).toBe(false);
    const isLoaded = (name: string) =>
      [...sources, ...globSync('src-node/**/*.ts', { cwd: checkout })].some((file) =>
        new RegExp(`(from|import\\() ?'${name}'`).test(read(file)),
      );
    const native = ['keytar', '@node-rs/argon2', 'koffi'];
    expect(native.filter(isLoaded)).toEqual([...UNPACKED_MODULES]);
  });
});

test('the hooks that the configuration names are there', async () => {
  for (const hook of [config.beforePack, config.afterPack])
    expect(Object.values(await import(path.join(checkout, hook)))).toEqual([expect.any(Function)]);
});

test('the policy that is shipped asks for an administrator to trust a server, and fits the shipped program', () => {
  const policy = read('assets/polkit/io.postern.helper.policy');
  for (const who of ['any', 'inactive', 'active'])
    expect(policy).toContain(`<allow_${who}>auth_admin</allow_${who}>`);
  expect(policy).toContain('exec.path">/usr/bin/postern-helper<');
  expect(policy).toContain('exec.argv1">trust-shown<');
  // polkitd puts the server and its fingerprint in its place.
  expect(policy.match(/<message[^>]*>[^<]*\$\(command_line\)<\/message>/g)).toHaveLength(2);
  expect(read('electron-builder.yml')).toContain('assets/linux/bin/=/usr/bin');
  expect(read('assets/systemd/postern-helper.service')).toContain('ExecStart=/usr/bin/postern-helper start');
});

test('the app’s own policy asks the person at the screen each time, and is in both Linux packages', () => {
  const policy = read('assets/polkit/io.postern.desktop.policy');
  expect(policy).toContain('<action id="io.postern.desktop.unlock">');
  for (const [who, answer] of [
    ['any', 'no'],
    ['inactive', 'no'],
    ['active', 'auth_self'],
  ])
    expect(policy).toContain(`<allow_${who}>${answer}</allow_${who}>`);
  expect(policy).toContain('<message>Authentication is required to reconnect the VPN</message>');
  expect(policy).toMatch(/<message xml:lang="de">/);
  expect(policy).not.toMatch(/_keep|<annotate/);
  const shipped = '/usr/share/polkit-1/actions/io.postern.desktop.policy';
  expect(JSON.stringify([raw])).toContain(`assets/polkit/io.postern.desktop.policy=${shipped}`);
});

test('the packaged helper runs on the same V8 options as the programs of a checkout', () => {
  const optionsOf = (file: string) => read(file).match(/(?<= )--(no|always)-[\w-]+/g);
  expect(optionsOf('bin/postern-node')?.length).toBeGreaterThan(0);
  expect(optionsOf('assets/linux/bin/postern-helper')).toEqual(optionsOf('bin/postern-node'));
});

test('the packaged helper takes no orders from variables of Node and OpenSSL', () => {
  const script = read('assets/linux/bin/postern-helper');
  const shows = script.replace(/^exec [\s\S]*/m, 'exec env\n');
  expect(shows).not.toBe(script);
  const orders = {
    NODE_OPTIONS: '--version',
    NODE_PATH: '/nowhere',
    NODE_COMPILE_CACHE: '/nowhere',
    NODE_V8_COVERAGE: '/nowhere',
    OPENSSL_CONF: 'one\nNODE_EXTRA_CA_CERTS=two',
    SSL_CERT_FILE: '/nowhere',
  };
  const env = { PATH: process.env.PATH, LANG: 'C', POSTERN_HELPER_SOCKET: '/run/s', ...orders };
  const { stdout } = spawnSync('sh', ['-c', shows], { env, encoding: 'utf8' });
  expect(stdout).toMatch(/^LANG=C$/m);
  expect(stdout).toMatch(/^POSTERN_HELPER_SOCKET=/m);
  expect(stdout).not.toMatch(/NODE|SSL|nowhere/);
});
