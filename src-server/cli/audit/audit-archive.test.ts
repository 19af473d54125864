import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { archiveLine } from '../../audit/archive-file.ts';
import { archiveAudit, removeArchived } from '../../audit/audit-archive.ts';
import { AuditIndex } from '../../audit/audit-index.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import { appendRefusal, closeRefusals } from '../../audit/refusals.ts';
import { PanelClient } from '../../testing/panel-client.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { pastTime } from '../past-time.ts';
import { serverProgram } from '../program.ts';

const DAY_MS = 86_400_000;
const entry = join(import.meta.dirname, '../../cli.ts');
let server: TestServer;
let config: string;
let folder: string;
beforeEach(async () => {
  server = await startTestServer();
  const { issuer, databaseFile, keysDir } = server.ctx.config;
  folder = keysDir;
  config = join(keysDir, 'server.toml');
  const settings = { issuer, databaseFile, keysDir, teamName: 'Test' };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  writeFileSync(config, [...lines, '[tls]', 'certFile = "unused"', 'keyFile = "unused"'].join('\n'));
});
afterEach(() => server.close());

const write = (count: number, daysAgo: number, more = '') =>
  server.ctx.database.db.transaction().execute(async (tx) => {
    const at = server.clock.now - daysAgo * DAY_MS;
    for (let i = 0; i < count; i++)
      await appendAudit(tx, {
        ...{ at, actor: 'cli', action: daysAgo > 1 ? 'test.old' : 'test.new' },
        ...{ outcome: 'ok', details: { reason: `Zürich ${i}${more}`, 7: null } },
      });
  });
const dayAgo = (days: number) => new Date(server.clock.now - days * DAY_MS).toISOString();
const count = async (): Promise<number> =>
  (
    await server.ctx.database.db
      .selectFrom('audit')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
  ).count;

/** A command on the files of the running server. */
async function audit(...words: string[]) {
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text);
      return true;
    }),
  );
  try {
    await serverProgram().parseAsync(['audit', ...words, '--config', config], { from: 'user' });
    return { status: process.exitCode ?? 0, ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = undefined;
  }
}

test('old rows go into a file that proves itself, and the chain goes on from a signed anchor', async () => {
  await write(250, 30);
  await write(40, 0);
  const owner = await PanelClient.of(server, 'owner');
  const index = new AuditIndex(server.ctx.database.db);
  await index.catchUp();
  const rows = await count();
  const archives = join(folder, 'archives');
  mkdirSync(archives);
  // As the service's folder is where root runs the command: whoever has the folder can read the archive.
  if (process.getuid?.() === 0) chownSync(archives, 65534, 65534);
  const out = join(archives, 'old.jsonl');
  const archived = await audit('archive', '--before', dayAgo(10), '--out', out);
  expect(archived).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Archived 250 rows (1 to 250)'),
  });
  expect(await count()).toBe(rows - 250 + 1);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  expect(statSync(out).uid).toBe(statSync(archives).uid);
  const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(251);
  expect(JSON.parse(lines[249] ?? '')).toMatchObject({ seq: 250, action: 'test.old', details: { 7: null } });

  const verified = await audit('verify');
  expect(verified.status).toBe(0);
  expect(verified.stdout).toContain('250 rows up to row 250 are archived');
  expect(verified.stdout).toContain(`${rows - 249} rows, the chain holds.`);
  const checked = await audit('verify', '--archive', out);
  expect(checked).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('The database has the same anchor'),
  });
  await owner.call('POST', 'audit/verification', {});
  await expect
    .poll(async () => (await owner.get('audit/verification')).body)
    .toMatchObject({ state: 'holds', archived: { rows: 250, throughSeq: 250 } });

  // Search and counts know what is there, and nothing else.
  expect((await owner.get('audit?search=zürich&action=test.old')).body.rows).toEqual([]);
  expect((await owner.get('audit?search=zürich&limit=100')).body.rows).toHaveLength(40);
  expect((await owner.get('audit/actions')).body.actions).not.toContain('test.old');
  const matches = sql<{
    rowid: number;
  }>`select rowid from audit_search where audit_search match 'words : zurich'`;
  expect((await matches.execute(server.ctx.database.db)).rows).toHaveLength(40);
  const log = (await owner.get('audit?action=audit.archive')).body.rows;
  expect(log).toMatchObject([{ actor: 'cli', details: { rows: 250, fromSeq: 1, throughSeq: 250 } }]);

  // The next one begins where this ended.
  server.clock.now += DAY_MS;
  const again = join(folder, 'more.jsonl');
  vi.useFakeTimers({ now: server.clock.now + 2 * DAY_MS, toFake: ['Date'] });
  const next = await audit('archive', '--before', dayAgo(0), '--out', again);
  vi.useRealTimers();
  expect(next.stdout).toContain('(251 to ');
  expect(await audit('verify')).toMatchObject({ status: 0 });
  expect(await audit('verify', '--archive', out)).toMatchObject({ status: 0 });
  expect(await audit('verify', '--archive', again)).toMatchObject({ status: 0 });
});

test.each(['2026', '2026-02-30', 'yesterday', '2026-13-01', '2026-01-01T25:00Z', '9999-01-01'])(
  '--before %s is no time that is over',
  (text) => {
    expect(() => pastTime(text)).toThrow(/expected/);
  },
);

test('a day is its beginning in UTC, and a time is one wherever it is told from', () => {
  expect(pastTime('2026-01-31')).toBe(Date.UTC(2026, 0, 31));
  expect(pastTime('2026-01-31T12:00+02:00')).toBe(Date.UTC(2026, 0, 31, 10));
});

test('where no row is that old, that is said, and no file is made', async () => {
  await write(5, 0);
  const out = join(folder, 'x');
  expect((await audit('archive', '--before', dayAgo(300), '--out', out)).stdout).toContain(
    'There is no row before',
  );
  expect(existsSync(out)).toBe(false);
  expect(await count()).toBe(5);
});

test('an archive is refused over a file that is there, or into a folder that is not', async () => {
  await write(3, 30);
  await write(1, 0);
  const taken = join(folder, 'taken');
  writeFileSync(taken, 'mine');
  const refused = await audit('archive', '--before', dayAgo(10), '--out', taken);
  expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('is not written over') });
  expect(readFileSync(taken, 'utf8')).toBe('mine');
  const nowhere = await audit('archive', '--before', dayAgo(10), '--out', join(folder, 'none/x'));
  expect(nowhere).toMatchObject({ status: 1, stderr: expect.stringContaining('run: mkdir -m 700 ') });
  expect(await count()).toBe(4);
});

test('an anchor that the disk refuses leaves the rows and no file; after a crash before the removal, the next call ends it', async () => {
  await write(300, 30);
  await write(3, 0);
  const out = join(folder, 'old.jsonl');
  const { db } = server.ctx.database;
  await sql`create trigger no_anchor before insert on audit_anchor begin select raise(abort, 'disk full'); end`.execute(
    db,
  );
  const input = { before: server.clock.now - 10 * DAY_MS, actor: 'cli' };
  await expect(archiveAudit(server.ctx, { ...input, file: out })).rejects.toThrow('disk full');
  await sql`drop trigger no_anchor`.execute(db);
  expect(existsSync(out)).toBe(false);
  expect(await count()).toBe(303);
  expect(await archiveAudit(server.ctx, { ...input, file: out })).toMatchObject({ ok: true });
  expect(await count()).toBe(304);
  expect(await audit('verify')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('4 rows, the chain holds'),
  });
  expect(await removeArchived(db)).toBe(300);
  expect(await count()).toBe(4);
  expect(await audit('verify', '--archive', out)).toMatchObject({ status: 0 });
});

test('a disk that is full in the middle of the signed last line leaves every row in the log', async () => {
  // Up to a page before the end, so that the rows fit and the last line does not.
  const { db } = server.ctx.database;
  const bytes = async () =>
    (await db.selectFrom('audit').selectAll().execute()).reduce(
      (sum, row) => sum + Buffer.byteLength(archiveLine(row)),
      0,
    );
  while ((await bytes()) % 4096 < 3900)
    await write(1, 30, 'x'.repeat((await bytes()) % 4096 < 3200 ? 300 : 0));
  const size = Math.ceil((await bytes()) / 4096) * 4096;
  await write(1, 0);
  const before = await count();
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  const command = `mount -t tmpfs -o size=${size} tmpfs '${disk}' && '${process.execPath}' '${entry}' audit archive --config '${config}' --before ${dayAgo(10)} --out '${disk}/old.jsonl'; echo "exit $?"; ls '${disk}'`;
  const { stdout, stderr } = spawnSync('unshare', ['-rm', 'sh', '-c', command], { encoding: 'utf8' });
  expect(stderr).toContain('no space left');
  expect(stdout).toBe('exit 1\n');
  expect(await count()).toBe(before);
}, 30_000);

test('rows leave the log behind an anchor only, and anchors stay as they are', async () => {
  await write(3, 0);
  const { db } = server.ctx.database;
  await expect(db.deleteFrom('audit').where('seq', '=', 1).execute()).rejects.toThrow('append-only');
  const values = {
    seq: 2,
    from_seq: 1,
    rows: 2,
    prev_hash: '0'.repeat(64),
    hash: 'x',
    at: 1,
    token: 'forged',
  };
  await db.insertInto('audit_anchor').values(values).execute();
  await expect(db.deleteFrom('audit_anchor').execute()).rejects.toThrow('append-only');
  await expect(db.updateTable('audit_anchor').set({ rows: 3 }).execute()).rejects.toThrow('append-only');
  const forged = await audit('verify');
  expect(forged).toMatchObject({
    status: 1,
    stdout: expect.stringContaining("not signed by this server's key"),
  });
});

test('an anchor that tells another time than the one that was signed does not count', async () => {
  await write(20, 30);
  await write(1, 0);
  await audit('archive', '--before', dayAgo(10), '--out', join(folder, 'old.jsonl'));
  expect(await audit('verify')).toMatchObject({ status: 0 });
  const { db } = server.ctx.database;
  await sql`drop trigger audit_anchor_no_update`.execute(db);
  await db.updateTable('audit_anchor').set({ at: 1 }).execute();
  expect(await audit('verify')).toMatchObject({
    status: 1,
    stdout: expect.stringContaining("not signed by this server's key"),
  });
});

test.each([
  ['a row that was changed', (text: string) => text.replace('Zürich 7', 'Zürich 8'), 'line 8 is not a row'],
  ['a row that is missing', (text: string) => text.replace(/^.*"seq":9,.*\n/m, ''), 'line 9 is not a row'],
  ['the first row missing', (text: string) => text.slice(text.indexOf('\n') + 1), 'some are missing'],
  ['a cut off end', (text: string) => text.slice(0, text.lastIndexOf('{')), 'signed last line is missing'],
  ['rows behind the end', (text: string) => `${text}{}\n`, 'is not a row'],
  [
    'a forged end',
    (text: string) => text.replace(/"anchor":"e/, '"anchor":"f'),
    "not signed by this server's key",
  ],
])('%s is found in an archive', async (_name, change, words) => {
  await write(20, 30);
  await write(1, 0);
  const out = join(folder, 'old.jsonl');
  await audit('archive', '--before', dayAgo(10), '--out', out);
  const text = readFileSync(out, 'utf8');
  writeFileSync(out, change(text));
  expect(readFileSync(out, 'utf8')).not.toBe(text);
  expect(await audit('verify', '--archive', out)).toMatchObject({
    status: 1,
    stdout: expect.stringContaining(words),
  });
});

test('a chain that is broken is not archived, and a row that is changed behind an anchor is found', async () => {
  await write(20, 30);
  await write(5, 0);
  const { db } = server.ctx.database;
  await sql`drop trigger audit_no_update`.execute(db);
  await db.updateTable('audit').set({ actor: 'nobody' }).where('seq', '=', 11).execute();
  const out = join(folder, 'old.jsonl');
  expect(await audit('archive', '--before', dayAgo(10), '--out', out)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('broken at row 11'),
  });
  expect(existsSync(out)).toBe(false);
  expect(await count()).toBe(25);
  await db.updateTable('audit').set({ actor: 'cli' }).where('seq', '=', 11).execute();
  expect(await audit('archive', '--before', dayAgo(10), '--out', out)).toMatchObject({ status: 0 });
  await db.updateTable('audit').set({ actor: 'nobody' }).where('seq', '=', 21).execute();
  expect(await audit('verify')).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('broken at row 21'),
  });
});

test('the list has the newest first, with names, and what was counted in words', async () => {
  const member = await server.addMember();
  const { db } = server.ctx.database;
  const entry = {
    actor: 'anonymous',
    action: 'sign-in.password',
    outcome: 'refused',
    ip: '192.0.2.1',
  } as const;
  for (let i = 0; i < 4; i++)
    await db.transaction().execute((tx) => appendRefusal(tx, { ...entry, at: server.clock.now }));
  await closeRefusals(db, server.clock.now, { isAll: true });
  const { stdout } = await audit('list', '--limit', '3');
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(
    /^4 .* sign-in\.password {2}refused {2}anonymous {2}192\.0\.2\.1 {2}3 times from 20/,
  );
  expect(stdout).toContain(`Member 1 (${member.email})`);
  const json = JSON.parse((await audit('list', '--before', '3', '--json')).stdout);
  expect(json.map(({ seq }: { seq: number }) => seq)).toEqual([2, 1]);
  expect((await audit('list', '--after', '1', '--limit', '1')).stdout).toMatch(/^2 /);
});
