import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { lockKeys } from '../../db/database-lock.ts';
import { encryptionKeyIn } from '../../keys/encryption-key.ts';
import { makeSealedBox } from '../../keys/sealed-box.ts';
import { crashPoints } from '../../testing/crash-points.ts';
import { ServerFolder } from '../../testing/server-folder.ts';

const MINUTE = 60_000;
let folder: ServerFolder;
beforeAll(async () => {
  folder = await ServerFolder.initialised();
  folder.keep();
}, MINUTE);
beforeEach(() => folder.goBack());
afterEach(async () => {
  vi.unstubAllEnvs();
  await folder.stopAll();
});
afterAll(() => folder.remove());

const at = (name: string) => join(folder.path, name);
const rotate = (...more: string[]) => folder.command(['keys', 'rotate', 'encryption', '--yes', ...more]);
const keyFiles = (of = folder) =>
  readdirSync(of.keys)
    .filter((name) => name.startsWith('encryption'))
    .toSorted();
/** By the doctor. */
const found = async (of: ServerFolder) => (await of.databaseChecks()).map(({ detail }) => detail).join('\n');
const kept = (of = folder) => keyFiles(of).filter((name) => name.includes('before-rotation'));
const day = new Date().toISOString().slice(0, 10);

/** The authenticator's secret of the owner, as a key opens it; null: it does not. */
function secretWith(file: string, of = folder): string | null {
  const sqlite = new DatabaseSync(of.database);
  try {
    const row = sqlite.prepare('select secret_sealed from factor').get();
    const key = encryptionKeyIn(file);
    if (!key || !(row?.secret_sealed instanceof Uint8Array)) throw new Error('no secret');
    return Buffer.from(makeSealedBox(key).open(row.secret_sealed)).toString('utf8');
  } catch (error) {
    if (error instanceof Error && error.message.includes('authenticate')) return null;
    throw error;
  } finally {
    sqlite.close();
  }
}

const sealed = Buffer.alloc(600, 'sealed with the key of before');
/** A mail that went out: SQLite keeps the page, and what was on it. */
function leaveMail(): void {
  const sqlite = new DatabaseSync(folder.database);
  sqlite.prepare("insert into mail select 'gone', id, 'k', ?, 0, 9, 0, 0 from member limit 1").run(sealed);
  sqlite.exec('delete from mail; pragma wal_checkpoint(truncate)');
  sqlite.close();
}
const hasMail = (of = folder): boolean => readFileSync(of.database).includes(sealed.subarray(100, 500));

test(
  'a new key opens what the old one did, and nothing of the old one is left in the file',
  async () => {
    const secret = secretWith(at('keys/encryption.key'));
    leaveMail();
    expect(hasMail()).toBe(true);
    const done = await rotate('--json');
    expect(done).toMatchObject({ status: 0, stderr: '' });
    const [old = ''] = kept();
    expect(JSON.parse(done.stdout)).toEqual({
      ...{ count: 3, unreadable: 0, keptAt: at(`keys/${old}`), newKeyFile: null, leftOver: null },
    });
    expect(keyFiles()).toEqual(['encryption.key', old]);
    expect(statSync(at('keys/encryption.key')).mode & 0o777).toBe(0o600);
    expect(secretWith(at('keys/encryption.key'))).toBe(secret);
    expect(secretWith(at(`keys/${old}`))).toBeNull();
    expect(hasMail()).toBe(false);
    const shown = await folder.command(['keys', 'show']);
    expect(shown.stdout).toContain(`shred -u it`);
    expect((await folder.command(['audit', 'list', '--json'])).stdout).toContain('keys.encryption-rotated');
    expect(await rotate()).toMatchObject({ status: 0 });
    expect(secretWith(at('keys/encryption.key'))).toBe(secret);
    expect(kept()).toHaveLength(2);
  },
  MINUTE,
);

const INTERRUPTED = 'a rotation of the encryption key was interrupted';

test(
  'killed at any step it leaves a server whose key opens its database, and the next one succeeds',
  async () => {
    const secret = secretWith(at('keys/encryption.key'));
    const before = readFileSync(at('keys/encryption.key'), 'utf8');
    leaveMail();
    const points = await crashPoints(folder.path, async () => {
      expect(await rotate()).toMatchObject({ status: 0, stderr: '' });
    });
    expect(points.length).toBeGreaterThan(8);
    const seen = { halfDone: 0, undone: 0, done: 0, owed: 0 };
    for (const point of points) {
      const left = new ServerFolder(point);
      const key = join(left.keys, 'encryption.key');
      const isHalfDone = (await found(left)).includes(INTERRUPTED);
      if (isHalfDone && seen.halfDone++ === 0) {
        const { log } = await left.serve();
        expect(log()).toContain('The rotation of the encryption key, which was interrupted, is done');
        await left.stopAll();
        expect(hasMail(left)).toBe(false);
      }
      expect(await left.command(['member', 'list'])).toMatchObject({ status: 0 });
      const isOwed = (await found(left)).includes('may still hold what was deleted');
      if (isOwed) seen.owed++;
      expect(secretWith(key, left)).toBe(secret);
      const isDone = readFileSync(key, 'utf8') !== before;
      seen[isDone ? 'done' : 'undone']++;
      expect(await left.command(['keys', 'rotate', 'encryption', '--yes'])).toMatchObject({
        status: 0,
        stderr: '',
      });
      expect(secretWith(key, left)).toBe(secret);
      expect(hasMail(left)).toBe(false);
      expect(kept(left)).toHaveLength(isDone ? 2 : 1);
      expect(keyFiles(left)).not.toContain('encryption.key.next');
      await left.remove();
    }
    expect(Object.values(seen).every((count) => count > 0)).toBe(true);
  },
  5 * MINUTE,
);

test(
  'a server or a command at work keeps it from beginning',
  async () => {
    const before = keyFiles();
    await folder.serve();
    const served = await rotate();
    expect(served.status).toBe(1);
    expect(served.stderr).toContain('stop it first: systemctl stop postern-server');
    await folder.stopAll();
    const other = lockKeys(folder.database, 'shared');
    expect((await rotate()).stderr).toContain('another command of postern-server works with the keys');
    other?.release();
    const alone = lockKeys(folder.database, 'alone');
    expect((await folder.command(['member', 'list'])).stderr).toContain(
      'the keys are being replaced just now',
    );
    alone?.release();
    expect(keyFiles()).toEqual(before);
  },
  MINUTE,
);

test(
  'a key of the environment is written elsewhere, and the start with the one of before says where',
  async () => {
    const old = readFileSync(at('keys/encryption.key'), 'utf8').trim();
    const secret = secretWith(at('keys/encryption.key'));
    rmSync(at('keys/encryption.key'));
    vi.stubEnv('POSTERN_ENCRYPTION_KEY', old);
    const bare = await rotate();
    expect(bare).toMatchObject({ status: 1, stdout: '' });
    expect(bare.stderr).toContain('comes from POSTERN_ENCRYPTION_KEY, so this command cannot replace it');
    expect(bare.stderr).toContain('--write-to FILE');
    const done = await rotate('--write-to', at('new.key'));
    expect(done).toMatchObject({ status: 0, stderr: '' });
    expect(done.stdout).toContain('belongs where POSTERN_ENCRYPTION_KEY had the one of before');
    expect(statSync(at('new.key')).mode & 0o777).toBe(0o600);
    expect(secretWith(at('new.key'))).toBe(secret);
    const again = await rotate('--write-to', at('new.key'));
    vi.unstubAllEnvs();
    expect(again.stderr).toContain('is there already, and is not replaced');
    const inside = await rotate('--write-to', at('keys/encryption.key.next'));
    expect(inside).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('name a file in another folder'),
    });
    const wrong = await folder.refusedStart({ POSTERN_ENCRYPTION_KEY: old });
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toContain(`POSTERN_ENCRYPTION_KEY holds the encryption key of before ${day}`);
    expect(wrong.stderr).toContain(`put the key of ${at('new.key')} in its place`);
    await folder.serve({ POSTERN_ENCRYPTION_KEY: readFileSync(at('new.key'), 'utf8') });
  },
  MINUTE,
);

test(
  'a backup of before opens with the key that was kept, or that is named, and is sealed with the one of now',
  async () => {
    const secret = secretWith(at('keys/encryption.key'));
    await folder.command(['database', 'backup', '--out', at('backup.db')]);
    expect(await rotate()).toMatchObject({ status: 0 });
    const restored = await folder.command(['database', 'restore', at('backup.db'), '--yes']);
    expect(restored).toMatchObject({ status: 0, stderr: '' });
    const [old = ''] = kept();
    expect(restored.stdout).toContain(`sealed with the encryption key of then (${at(`keys/${old}`)})`);
    expect(secretWith(at('keys/encryption.key'))).toBe(secret);

    cpSync(at(`keys/${old}`), at('elsewhere.key'));
    rmSync(at(`keys/${old}`));
    const refused = await folder.command(['database', 'restore', at('backup.db'), '--yes']);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(
      'when the encryption key was replaced, and opens with the one of then alone',
    );
    expect(refused.stderr).toContain(`--old-key FILE (it was kept as ${at(`keys/${old}`)}`);
    expect(secretWith(at('keys/encryption.key'))).toBe(secret);
    chmodSync(at('elsewhere.key'), 0o644);
    const open = await folder.command([
      'database',
      'restore',
      '--yes',
      at('backup.db'),
      '--old-key',
      at('elsewhere.key'),
    ]);
    expect(open.stderr).toContain('chmod 600');
    chmodSync(at('elsewhere.key'), 0o600);
    const named = await folder.command([
      'database',
      'restore',
      '--yes',
      at('backup.db'),
      '--old-key',
      at('elsewhere.key'),
    ]);
    expect(named).toMatchObject({ status: 0, stderr: '' });
    expect(secretWith(at('keys/encryption.key'))).toBe(secret);
  },
  MINUTE,
);

test(
  'the key of before in the place of the new one is named, by the start and by the doctor',
  async () => {
    await rotate();
    const [old = ''] = kept();
    cpSync(at(`keys/${old}`), at('keys/encryption.key'));
    const wrong = await folder.refusedStart();
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toContain(`encryption.key holds the encryption key of before ${day}`);
    expect(wrong.stderr).toContain('put back the newest encryption.key from your backup');
    expect((await folder.command(['doctor'])).stdout).toContain(`holds the encryption key of before ${day}`);
    writeFileSync(at('keys/encryption.key'), Buffer.alloc(32, 9).toString('base64url'));
    expect((await folder.command(['member', 'list'])).stderr).toContain('sealed by others');
    expect(existsSync(at('keys/encryption.key.next'))).toBe(false);
  },
  MINUTE,
);
