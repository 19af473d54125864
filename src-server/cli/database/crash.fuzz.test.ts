import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { crashPoints } from '../../testing/crash-points.ts';
import { ServerFolder } from '../../testing/server-folder.ts';

/** Real kills at random moments: a few here, more when fuzzing. */
const TRIALS = process.env.POSTERN_FUZZ_SECONDS === undefined ? 2 : 30;
const LONGEST_MS = 1_500;
const LIMIT_MS = 600_000;

const password = { input: 'correct horse battery staple 9\n' };
const LATE = 'late@test.example';
let folder: ServerFolder;
beforeAll(async () => {
  folder = await ServerFolder.initialised();
  const out = join(folder.path, 'backup.db');
  expect(await folder.command(['database', 'backup', '--out', out, '--with-keys'])).toMatchObject({
    status: 0,
  });
  // What a restore of that backup must not lose.
  const late = ['member', 'add', '--email', LATE, '--name', 'Late', '--password-stdin'];
  expect(await folder.command(late, password)).toMatchObject({ status: 0 });
  folder.keep();
}, 60_000);
afterAll(() => folder.remove());

/** A command begun anew, as words that name files in the folder. */
type Words = (at: (name: string) => string) => string[];

/** Kills the command at its moments, and has `look` at what each leaves. Answers how many moments there were. */
async function killed(words: Words, look: (left: ServerFolder) => Promise<void>): Promise<number> {
  folder.goBack();
  const points = await crashPoints(folder.path, async () => {
    const said = await folder.command(words((name) => join(folder.path, name)));
    expect(said).toMatchObject({ status: 0, stderr: '' });
  });
  for (const [at, point] of points.entries())
    await look(new ServerFolder(point)).catch((error: unknown) => {
      throw new Error(`killed at ${at} of ${points.length}: ${readdirSync(point)}`, { cause: error });
    });
  for (const point of points) rmSync(point, { recursive: true });
  return points.length;
}

function query(file: string, sql: string): Record<string, unknown>[] {
  const sqlite = new DatabaseSync(file, { readOnly: true });
  try {
    return sqlite.prepare(sql).all();
  } finally {
    sqlite.close();
  }
}

/** Databases in the folder, by name, that are whole and have somebody with this address. */
const holding = (left: ServerFolder, email: string): string[] =>
  readdirSync(left.path).filter((name) => {
    if (!/^postern\.db($|\.before-restore-[^-]*$)/.test(name)) return false;
    const file = join(left.path, name);
    expect(query(file, 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    return query(file, `select 1 from member where email = '${email}'`).length > 0;
  });

const done = async (left: ServerFolder, ...words: string[]) => {
  const said = await left.command(words);
  expect(said).toMatchObject({ status: 0, stderr: '' });
  return said.stdout;
};

async function lookAtRestore(left: ServerFolder, more: readonly string[]): Promise<void> {
  expect(holding(left, LATE)).not.toEqual([]);
  await done(left, 'database', 'restore', '--yes', join(left.path, 'backup.db'), ...more);
  expect(holding(left, LATE)).not.toEqual([]);
  expect(await done(left, 'member', 'list')).not.toContain(LATE);
  expect(readdirSync(left.path).filter((name) => /restoring/.test(name))).toEqual([]);
}

test.each([[[]], [['--with-keys']]])(
  'a restore%j that is killed loses nothing, and goes through the next time',
  async (more) => {
    const words: Words = (at) => ['database', 'restore', '--yes', at('backup.db'), ...more];
    expect(await killed(words, (left) => lookAtRestore(left, more))).toBeGreaterThan(8);
  },
  LIMIT_MS,
);

test(
  'nor does one that is killed at any other moment',
  async () => {
    for (let trial = 0; trial < TRIALS; trial++) {
      const left = folder.another();
      const child = left.begin(['database', 'restore', '--yes', join(left.path, 'backup.db'), '--with-keys']);
      const ended = once(child, 'exit');
      // Longer than it takes: some are through.
      setTimeout(() => child.kill('SIGKILL'), Math.random() * LONGEST_MS);
      await ended;
      await lookAtRestore(left, ['--with-keys']);
      await left.remove();
    }
  },
  LIMIT_MS,
);

test(
  'what a restore that is killed leaves is a server as before, or one that says what to run',
  async () => {
    await killed(
      (at) => ['database', 'restore', '--yes', at('backup.db')],
      async (left) => {
        const [found] = await left.databaseChecks();
        if (!found?.ok) expect(found?.remedy).toContain('postern-server database after-restore');
        if (!found?.ok) await done(left, 'database', 'after-restore');
        expect(await left.databaseChecks()).toMatchObject([{ id: 'database', ok: true }]);
      },
    );
  },
  LIMIT_MS,
);

test(
  'an after-restore that is killed goes through the next time',
  async () => {
    await killed(
      () => ['database', 'after-restore'],
      async (left) => {
        await done(left, 'database', 'after-restore');
        expect(await done(left, 'member', 'list')).toContain(LATE);
        expect(await done(left, 'audit', 'verify')).toContain('the chain holds');
      },
    );
  },
  LIMIT_MS,
);

test(
  'a backup that is killed leaves the database as it was, a whole file or one that says that it is none, and another can be made',
  async () => {
    await killed(
      (at) => ['database', 'backup', '--out', at('new.db'), '--with-keys'],
      async (left) => {
        const file = join(left.path, 'new.db');
        expect(await done(left, 'member', 'list')).toContain(LATE);
        const isThere = existsSync(file);
        const again = await left.command(['database', 'backup', '--out', file, '--with-keys']);
        if (isThere) expect(again.stderr).toContain('is there already, and is not replaced');
        else expect(again).toMatchObject({ status: 0 });
        const other = join(left.path, 'other.db');
        await done(left, 'database', 'backup', '--out', other, '--with-keys');
        const restored = await left.command(['database', 'restore', '--yes', file]);
        if (restored.status !== 0) expect(restored.stderr).toContain('that backup was interrupted');
        else expect(await done(left, 'member', 'list')).toContain(LATE);
      },
    );
  },
  LIMIT_MS,
);

test(
  'of an audit log that is being archived each row is in the log, in the file, or in both; another archive can be made',
  async () => {
    const seqsOf = (database: string) =>
      query(database, 'select seq from audit').map(({ seq }) => Number(seq));
    const seqs = (text: string) =>
      text
        .split('\n')
        .filter((line) => line.includes('"seq"'))
        .map((line) => Number(JSON.parse(line).seq));
    let isUnanchored = false;
    folder.goBack();
    const all = seqsOf(folder.database);
    await killed(
      (at) => ['audit', 'archive', '--before', new Date().toISOString(), '--out', at('old.jsonl')],
      async (left) => {
        const file = join(left.path, 'old.jsonl');
        const kept = seqs(existsSync(file) ? readFileSync(file, 'utf8') : '');
        expect([...kept, ...seqsOf(left.database)]).toEqual(expect.arrayContaining(all));
        if (kept.length > 0) {
          const { status, stdout } = await left.command(['audit', 'verify', '--archive', file]);
          if (status !== 0) expect(stdout).toContain('The database has no such anchor');
          isUnanchored ||= status !== 0;
        }
        const before = new Date().toISOString();
        const again = await left.command(['audit', 'archive', '--before', before, '--out', file]);
        if (again.status !== 0) expect(again.stderr).toContain('Name another file');
        await done(left, 'audit', 'archive', '--before', before, '--out', join(left.path, 'other.jsonl'));
        expect(await done(left, 'audit', 'verify')).toContain('the chain holds');
      },
    );
    expect(isUnanchored).toBe(true);
  },
  LIMIT_MS,
);
