import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Check } from '../../../src-node/check.ts';
import { freePort, ServerFolder } from '../../testing/server-folder.ts';

const MINUTE = 60_000;
let folder: ServerFolder;
let port = 0;
beforeAll(async () => {
  folder = await ServerFolder.initialised();
  port = await freePort();
  folder.writeConfig({ host: '127.0.0.1', port });
}, MINUTE);
afterEach(async () => {
  await folder.stopAll();
  folder.writeConfig({ host: '127.0.0.1', port });
});
afterAll(() => folder.remove());

async function found(): Promise<Record<string, Check>> {
  const said = await folder.command(['doctor', '--json']);
  expect(said.stderr).toBe('');
  const { ok, checks } = JSON.parse(said.stdout) as { ok: boolean; checks: Check[] };
  expect(ok).toBe(said.status === 0);
  return Object.fromEntries(checks.map((check) => [check.id, check]));
}

test(
  'what is well is well, beside a running server and before its start',
  async () => {
    folder.writeConfig({ host: '127.0.0.1', port, more: 'publicAddresses = ["203.0.113.5:443"]' });
    const before = await found();
    for (const id of ['config', 'keys', 'database', 'disk', 'certificate', 'listen', 'port', 'name', 'mail'])
      expect(before[id]).toMatchObject({ ok: true });
    expect(before.listen?.detail).toContain('is free; the server does not run');
    await folder.serve();
    expect((await found()).listen?.detail).toContain('The server runs and answers');
  },
  MINUTE,
);

test(
  'each thing that is wrong is one line with what to do',
  async () => {
    chmodSync(join(folder.keys, 'lease-key.pem'), 0o644);
    renameSync(join(folder.path, 'tls.key'), join(folder.path, 'away.key'));
    const other = createServer().listen({ host: '127.0.0.1', port });
    try {
      const checks = await found();
      expect(checks.keys).toMatchObject({ ok: false, remedy: expect.stringContaining('chmod 600') });
      expect(checks.certificate).toMatchObject({ ok: false, detail: expect.stringContaining('tls.keyFile') });
      expect(checks.listen).toMatchObject({ ok: false, remedy: expect.stringContaining('ss -ltnp') });
      // localhost is nowhere for other computers.
      expect(checks.name).toMatchObject({ ok: false, remedy: expect.stringContaining('publicAddresses') });
      const said = await folder.command(['doctor']);
      expect(said.status).toBe(1);
      for (const line of said.stdout.trimEnd().split('\n'))
        expect(line).toMatch(/^(ok {3}|\? {4}|WRONG| {5}) {2}\S/);
    } finally {
      other.close();
      chmodSync(join(folder.keys, 'lease-key.pem'), 0o600);
      renameSync(join(folder.path, 'away.key'), join(folder.path, 'tls.key'));
    }
  },
  MINUTE,
);

test(
  'a mail server that is away, a name that nobody knows, and a readable password are named',
  async () => {
    const dead = await freePort();
    const mail = `mail = { host = "127.0.0.1", port = ${dead}, security = "none", from = "a@b.example", user = "u", password = "p" }`;
    folder.writeConfig({ host: '127.0.0.1', port, more: mail });
    const config = folder.read('server.toml').replace('https://localhost', 'https://nowhere.invalid');
    writeFileSync(folder.config, config);
    chmodSync(folder.config, 0o644);
    const checks = await found();
    expect(checks.mail).toMatchObject({ ok: false, detail: expect.stringContaining('ECONNREFUSED') });
    expect(checks.name).toMatchObject({
      ok: false,
      detail: expect.stringContaining('no address for nowhere.invalid'),
    });
    expect(checks.config).toMatchObject({ ok: false, remedy: `chmod 640 ${folder.config}` });
    expect(checks.certificate).toMatchObject({
      ok: false,
      detail: expect.stringContaining('nowhere.invalid'),
    });
    chmodSync(folder.config, 0o600);
  },
  MINUTE,
);

test(
  'a database that is damaged, of a newer version, or not there is named, and none is made',
  async () => {
    const away = join(folder.path, 'away.db');
    renameSync(folder.database, away);
    try {
      expect((await found()).database).toMatchObject({
        ok: false,
        remedy: expect.stringContaining('restore FILE'),
      });
      expect(existsSync(folder.database)).toBe(false);
      writeFileSync(folder.database, 'no database at all '.repeat(300), { mode: 0o600 });
      expect((await found()).database).toMatchObject({
        ok: false,
        detail: expect.stringContaining('not a database'),
      });
    } finally {
      renameSync(away, folder.database);
    }
    const sqlite = new DatabaseSync(folder.database);
    sqlite.exec("insert into kysely_migration values ('9999-later', '2030-01-01')");
    expect((await found()).database).toMatchObject({
      ok: false,
      detail: expect.stringContaining('newer version'),
    });
    sqlite.exec("delete from kysely_migration where name = '9999-later'");
    sqlite.close();
  },
  MINUTE,
);

test(
  'before init it is init that is missing, and a port that nobody may come through is named',
  async () => {
    const fresh = await ServerFolder.make();
    try {
      const { config } = fresh;
      writeFileSync(config, fresh.read('server.toml').replace('"postern.db"', '"data/postern.db"'));
      writeFileSync(config, fresh.read('server.toml').replace(/"https:.*"/, '"https://localhost:1"'));
      const said = await fresh.command(['doctor', '--json']);
      const { checks } = JSON.parse(said.stdout) as { checks: Check[] };
      expect(checks).toContainEqual(
        expect.objectContaining({ id: 'keys', ok: false, remedy: 'postern-server init' }),
      );
      expect(checks).toContainEqual(
        expect.objectContaining({ id: 'disk', remedy: `mkdir -m 700 ${join(fresh.path, 'data')}` }),
      );
      expect(checks).toContainEqual(
        expect.objectContaining({
          id: 'port',
          isUnknown: true,
          remedy: expect.stringContaining('listen.port'),
        }),
      );
      expect(JSON.stringify(checks)).not.toMatch(/ENOENT|unable to open/);
      const proxied = fresh.read('server.toml').replace('\n[listen]', 'trustedProxies = ["::1"]\n[listen]');
      writeFileSync(config, proxied);
      const behind = JSON.parse((await fresh.command(['doctor', '--json'])).stdout) as { checks: Check[] };
      expect(behind.checks).toContainEqual(expect.objectContaining({ id: 'port', ok: true }));
    } finally {
      await fresh.remove();
    }
  },
  MINUTE,
);

test(
  'mistakes of the configuration are all that is said',
  async () => {
    writeFileSync(folder.config, 'issuer = "vpn"\n');
    mkdirSync(join(folder.path, 'none'), { recursive: true });
    const checks = await found();
    expect(Object.keys(checks)).toEqual(['config']);
    expect(checks.config?.remedy).toBe(`Change it in ${folder.config}.`);
  },
  MINUTE,
);
