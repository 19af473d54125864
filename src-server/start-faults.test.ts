import { chmodSync, cpSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { lockDatabase } from './db/database-lock.ts';
import { freePort, ServerFolder } from './testing/server-folder.ts';

const preload = join(import.meta.dirname, 'testing/without-families.ts');
const [IPV6, NETLINK] = ['10', '16'];
const MINUTE = 60_000;

let folder: ServerFolder;
let port = 0;
beforeAll(async () => {
  folder = await ServerFolder.initialised();
  port = await freePort();
}, MINUTE);
afterEach(() => folder.stopAll());
afterAll(() => folder.remove());

const listen = (host: string) => folder.writeConfig({ host, port });

test(
  '0.0.0.0 is listened on where the unit refuses AF_NETLINK',
  async () => {
    listen('0.0.0.0');
    const { log } = await folder.start({ preload, env: { WITHOUT_FAMILIES: NETLINK } });
    expect(log()).toContain(`listening on https://0.0.0.0:${port}`);
  },
  MINUTE,
);

test(
  'on a host without IPv6 the default falls back to IPv4, and says so; the doctor finds it well',
  async () => {
    listen('::');
    const looked = () => JSON.parse(folder.run(['doctor', '--json'], { env: withoutIpv6 }).stdout).checks;
    expect(looked()).toContainEqual(expect.objectContaining({ id: 'listen', ok: true }));
    const { log } = await folder.start({ preload, env: { WITHOUT_FAMILIES: IPV6 } });
    expect(log()).toContain('this host has no IPv6: listening on IPv4 alone');
    expect(log()).toContain(`listening on https://0.0.0.0:${port}`);
    expect(looked()).toContainEqual(expect.objectContaining({ id: 'listen', ok: true }));
  },
  MINUTE,
);

const withoutIpv6 = { WITHOUT_FAMILIES: IPV6, NODE_OPTIONS: `--import ${preload}` };
test.each([
  ['192.0.2.1', 'listen.host: 192.0.2.1 is not an address of this machine', () => folder.refusedStart()],
  [
    '::1',
    'listen.host: this host cannot use IPv6 addresses such as ::1; set listen.host to 0.0.0.0',
    () => folder.run(['start'], { env: withoutIpv6 }),
  ],
])(
  'a server that cannot listen on %s ends with 1, names the setting and holds nothing',
  async (host, words, start) => {
    listen(host);
    const said = await start();
    expect(said.status).toBe(1);
    expect(said.stderr.trim().split('\n')).toEqual([expect.stringContaining(words)]);
    const lock = lockDatabase(folder.database);
    expect(lock).not.toBeNull();
    lock?.release();
  },
  MINUTE,
);

test(
  'init beside a database whose keys are missing makes none, and start names the way back',
  async () => {
    const away = join(folder.path, 'keys-away');
    renameSync(folder.keys, away);
    try {
      const init = await folder.init();
      expect(init.status).toBe(2);
      expect(init.stdout).toContain('opens with its own keys alone. Put them back from your backup');
      const start = await folder.refusedStart();
      expect(start.status).toBe(2);
      expect(start.stderr).toContain('encryption.key: not there; put it back');
      expect(start.stderr).not.toContain('init');
    } finally {
      rmSync(folder.keys, { recursive: true, force: true });
      renameSync(away, folder.keys);
    }
  },
  MINUTE,
);

test(
  'keys that do not open the database are refused by the start and by every command',
  async () => {
    const file = join(folder.keys, 'encryption.key');
    const right = folder.read('keys/encryption.key');
    chmodSync(file, 0o600);
    writeFileSync(file, Buffer.alloc(32, 9).toString('base64url'));
    try {
      for (const said of [await folder.refusedStart(), await folder.command(['server-key'])]) {
        expect(said.status).toBeGreaterThan(0);
        expect(said.stderr.trim().split('\n')).toEqual([
          expect.stringContaining(`the keys in ${folder.keys} do not open ${folder.database}`),
        ]);
      }
    } finally {
      writeFileSync(file, right);
    }
  },
  MINUTE,
);

test(
  'a database of a newer version is said to be one, and left as it is',
  async () => {
    const sqlite = new DatabaseSync(folder.database);
    sqlite.exec("insert into kysely_migration values ('9999-later', '2030-01-01')");
    try {
      for (const said of [await folder.refusedStart(), await folder.command(['member', 'list'])]) {
        expect(said.status).toBe(1);
        expect(said.stderr).toContain(
          'was written by a newer version of postern-server (migration 9999-later)',
        );
      }
    } finally {
      sqlite.exec("delete from kysely_migration where name = '9999-later'");
      sqlite.close();
    }
  },
  MINUTE,
);

test(
  'an older copy in the place of the database is noticed, and after-restore named',
  async () => {
    listen('127.0.0.1');
    const copy = join(folder.path, 'copy.db');
    cpSync(folder.database, copy);
    expect(await folder.command(['policy', 'set', 'idleSeconds=200'])).toMatchObject({ status: 0 });
    await folder.serve();
    await folder.stopAll();
    const newest = join(folder.path, 'newest.db');
    renameSync(folder.database, newest);
    cpSync(copy, folder.database);
    try {
      const said = await folder.refusedStart();
      expect(said.status).toBe(1);
      expect(said.stderr).toContain('is an older copy of this server');
      expect(said.stderr).toContain('postern-server database after-restore');
      // What was written to the copy since does not make it the newest.
      for (const seconds of [201, 202, 203])
        await folder.command(['policy', 'set', `idleSeconds=${seconds}`]);
      expect((await folder.refusedStart()).stderr).toContain('is an older copy');
    } finally {
      renameSync(newest, folder.database);
    }
    await folder.serve();
  },
  MINUTE,
);

test(
  'a new database beside the keys of an older one starts: it is no copy of that',
  async () => {
    listen('127.0.0.1');
    await folder.serve();
    await folder.stopAll();
    rmSync(folder.database);
    expect(await folder.init()).toMatchObject({ status: 0, stderr: '' });
    await folder.serve();
  },
  MINUTE,
);
