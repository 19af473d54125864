import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ServerFolder } from '../../testing/server-folder.ts';

const MINUTE = 60_000;
const password = { input: 'correct horse battery staple 9\n' };
let folder: ServerFolder;
beforeAll(async () => {
  folder = await ServerFolder.initialised();
  folder.keep();
}, MINUTE);
beforeEach(() => folder.goBack());
afterEach(() => folder.stopAll());
afterAll(() => folder.remove());

const at = (name: string) => join(folder.path, name);
const addMember = (email: string) =>
  folder.command(['member', 'add', '--email', email, '--name', email, '--password-stdin'], password);
const backup = (name: string, ...more: string[]) =>
  folder.command(['database', 'backup', '--out', at(name), '--json', ...more]);
const restore = (name: string, ...more: string[]) =>
  folder.command(['database', 'restore', '--yes', at(name), ...more]);

function query(file: string, sql: string): Record<string, unknown>[] {
  const sqlite = new DatabaseSync(file, { readOnly: true });
  try {
    return sqlite.prepare(sql).all();
  } finally {
    sqlite.close();
  }
}

test(
  'a backup beside a running server has what was added a moment ago, and is for its owner alone',
  async () => {
    await folder.serve();
    expect(await addMember('late@test.example')).toMatchObject({ status: 0 });
    // What copying the one file misses: it is in the log still.
    cpSync(folder.database, at('copied.db'));
    const made = await backup('backup.db');
    expect(made).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(made.stdout)).toMatchObject({
      file: at('backup.db'),
      isWithKeys: false,
      notIncluded: { keys: [at('keys/lease-key.pem'), at('keys/encryption.key')] },
    });
    expect(query(at('backup.db'), "select email from member where email like 'late%'")).toHaveLength(1);
    expect(query(at('backup.db'), 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(query(at('backup.db'), 'select action from audit order by seq desc limit 1')).toEqual([
      { action: 'database.backup' },
    ]);
    expect(statSync(at('backup.db')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder.path).filter((name) => name.includes('partial'))).toEqual([]);
    expect(existsSync(at('backup.db.keys'))).toBe(false);
  },
  MINUTE,
);

test(
  'a backup replaces no file, needs its folder, and takes the keys only where asked',
  async () => {
    writeFileSync(at('there.db'), 'something else');
    const there = await backup('there.db');
    expect(there).toMatchObject({ status: 1, stderr: '' });
    expect(JSON.parse(there.stdout)).toMatchObject({
      code: 'invalid-request',
      detail: `--out: ${at('there.db')} is there already, and is not replaced`,
    });
    expect(folder.read('there.db')).toBe('something else');
    expect((await backup('none/backup.db')).stdout).toContain(`run: mkdir -m 700 ${at('none')}`);
    expect(await backup('whole.db', '--with-keys')).toMatchObject({ status: 0 });
    for (const name of ['lease-key.pem', 'encryption.key']) {
      expect(folder.read(`whole.db.keys/${name}`)).toBe(folder.read(`keys/${name}`));
      expect(statSync(at(`whole.db.keys/${name}`)).mode & 0o777).toBe(0o600);
    }
  },
  MINUTE,
);

test(
  'a restore keeps the database of before, says what was decided since, and the server starts',
  async () => {
    for (const email of ['back@test.example', 'blocked@test.example', 'renewed@test.example'])
      await addMember(email);
    await backup('backup.db');
    await addMember('new@test.example');
    await folder.command(['member', 'block', 'blocked@test.example']);
    await folder.command(['member', 'set-password', 'renewed@test.example', '--password-stdin'], {
      input: 'another long passphrase 4\n',
    });
    await folder.serve();
    const refused = await restore('backup.db');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('stop it first: systemctl stop postern-server');
    await folder.stopAll();

    const done = await restore('backup.db');
    expect(done).toMatchObject({ status: 0, stderr: '' });
    expect(done.stdout).toContain('new@test.example was added since, and is not there');
    expect(done.stdout).toContain(
      'blocked@test.example was blocked since, and is not: postern-server member block',
    );
    expect(done.stdout).toContain('renewed@test.example has the password of then again');
    expect(done.stdout).not.toContain('back@test.example');
    const kept = readdirSync(folder.path).find((name) => name.startsWith('postern.db.before-restore-')) ?? '';
    expect(done.stdout).toContain(kept);
    expect(query(at(kept), "select email from member where email = 'new@test.example'")).toHaveLength(1);
    expect(query(folder.database, "select email from member where email = 'new@test.example'")).toEqual([]);
    const { log } = await folder.serve();
    expect(log()).toContain('listening on');
  },
  MINUTE,
);

test(
  'a restore says of which gateways the tokens are those of then, and that the policy is',
  async () => {
    const add = (name: string, subnet: string) =>
      folder.command(['gateway', 'add', name, '--subnet', subnet, '--allowed-ips', '10.20.0.0/16']);
    expect(await add('main', '10.86.0.0/24')).toMatchObject({ status: 0 });
    await backup('backup.db');
    expect(await add('office', '10.87.0.0/24')).toMatchObject({ status: 0 });
    const renewed = await folder.command(['gateway', 'token', 'main', '--end-old-now', '--yes']);
    expect(renewed).toMatchObject({ status: 0 });
    expect(await folder.command(['policy', 'set', 'idleSeconds=240'])).toMatchObject({ status: 0 });
    const { stdout } = await restore('backup.db');
    expect(stdout).toContain('gateway office was added since, and is not there');
    expect(stdout).toContain('postern-server gateway token main --end-old-now');
    expect(stdout).toContain('The policy is that of then again');
    await backup('again.db');
    expect((await restore('again.db')).stdout).toContain('nothing else was decided since');
  },
  MINUTE,
);

test(
  'a copy put back by hand is refused by the start until after-restore has run',
  async () => {
    await backup('backup.db');
    await addMember('new@test.example');
    await folder.serve();
    await folder.stopAll();
    cpSync(at('backup.db'), folder.database);
    expect((await folder.refusedStart()).stderr).toContain('postern-server database after-restore');
    expect(await folder.command(['database', 'after-restore'])).toMatchObject({ status: 0, stderr: '' });
    await folder.serve();
  },
  MINUTE,
);

test.each([
  ['text', 'is not a backup of postern-server', () => writeFileSync(at('text'), 'not a database'.repeat(99))],
  [
    'foreign.db',
    'it has none of its tables',
    () => {
      const sqlite = new DatabaseSync(at('foreign.db'));
      sqlite.exec('create table t (a)');
      sqlite.close();
    },
  ],
  ['missing.db', 'is not there', () => undefined],
  [
    'newer.db',
    'was written by a newer version',
    async () => {
      await backup('newer.db');
      const sqlite = new DatabaseSync(at('newer.db'));
      sqlite.exec("insert into kysely_migration values ('9999-later', '2030-01-01')");
      sqlite.close();
    },
  ],
  [
    'damaged.db',
    'damaged',
    async () => {
      await backup('damaged.db');
      const content = readFileSync(at('damaged.db'));
      content.fill(7, 8192, 16_384);
      writeFileSync(at('damaged.db'), content);
    },
  ],
])(
  '%s is refused and nothing is changed',
  async (name, words, make) => {
    await make();
    const before = query(folder.database, 'select count(*) as n from audit');
    const refused = await restore(name);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(words);
    expect(query(folder.database, 'select count(*) as n from audit')).toEqual(before);
    expect(readdirSync(folder.path).filter((file) => /before-restore|restoring/.test(file))).toEqual([]);
  },
  MINUTE,
);

test(
  'a backup that cannot be brought up to date changes nothing, and leaves no copy of itself',
  async () => {
    await backup('half.db');
    const half = new DatabaseSync(at('half.db'));
    // Its step is taken a second time, and fails.
    half.exec('delete from kysely_migration where name = (select max(name) from kysely_migration)');
    half.close();
    const before = query(folder.database, 'select count(*) as n from audit');
    const said = await restore('half.db');
    expect(said.status).toBe(1);
    expect(said.stderr).toContain('already exists');
    expect(query(folder.database, 'select count(*) as n from audit')).toEqual(before);
    expect(readdirSync(folder.path).filter((file) => /before-restore|restoring/.test(file))).toEqual([]);
  },
  MINUTE,
);

test(
  'keys that do not open the backup are named before anything changes; those beside it are put back',
  async () => {
    await backup('backup.db', '--with-keys');
    renameSync(folder.keys, at('keys-lost'));
    expect((await restore('backup.db')).stderr).toContain('add --with-keys');
    mkdirSync(folder.keys, { mode: 0o700 });
    cpSync(at('keys-lost/lease-key.pem'), at('keys/lease-key.pem'));
    writeFileSync(at('keys/encryption.key'), Buffer.alloc(32, 5).toString('base64url'), { mode: 0o600 });
    chmodSync(at('keys/lease-key.pem'), 0o600);
    const wrong = await restore('backup.db');
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('Nothing was changed');
    expect(readdirSync(folder.path).filter((file) => /before-restore|restoring/.test(file))).toEqual([]);
    expect(await restore('backup.db', '--with-keys')).toMatchObject({ status: 0, stderr: '' });
    expect(folder.read('keys/encryption.key')).toBe(folder.read('keys-lost/encryption.key'));
    expect(await folder.command(['member', 'list'])).toMatchObject({ status: 0, stderr: '' });
  },
  MINUTE,
);

test(
  'on a new machine a backup with its keys is all that a restore needs',
  async () => {
    await backup('backup.db', '--with-keys');
    for (const name of readdirSync(folder.path).filter((file) => file.startsWith('postern.db')))
      rmSync(at(name));
    rmSync(folder.keys, { recursive: true });
    expect(await restore('backup.db', '--with-keys')).toMatchObject({ status: 0, stderr: '' });
    expect((await folder.command(['member', 'list'])).stdout).toContain('owner@test.example');
  },
  MINUTE,
);

test(
  'a suspended token works again once it is confirmed by name, once',
  async () => {
    await folder.command(['token', 'create', '--name', 'SOC', '--scopes', 'members:read']);
    await backup('backup.db');
    expect((await restore('backup.db')).stdout).toContain('1 API tokens wait for an owner');
    expect((await folder.command(['token', 'list'])).stdout).toContain('waits to be confirmed');
    expect(await folder.command(['token', 'confirm', 'soc'])).toMatchObject({
      status: 0,
      stdout: 'SOC works again.\n',
    });
    expect((await folder.command(['token', 'confirm', 'SOC'])).status).toBe(1);
  },
  MINUTE,
);
