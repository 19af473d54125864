import { cpSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { run } from '../../lab/stack/run.ts';
import { ServerFolder } from '../../src-server/testing/server-folder.ts';

/** How much room a command finds; where the last is enough for one, the first is for none. */
const ROOMS_KIB = [0, 16, 48, 100];
const WORDS = 'Make room there, and run it again';

let server: ServerFolder;
let begun = '';
beforeAll(async () => {
  const made = await ServerFolder.initialised();
  const backup = path.join(made.path, 'backup.db');
  expect(await made.command(['database', 'backup', '--out', backup])).toMatchObject({ status: 0 });
  begun = made.path;
  const disk = mkdtempSync(path.join(tmpdir(), 'postern-small-disk-'));
  await run('mount', ['-t', 'tmpfs', '-o', 'size=6m,mode=0700', 'tmpfs', disk]);
  server = new ServerFolder(disk);
});
afterAll(async () => {
  await run('umount', [server.path]);
  rmSync(server.path, { recursive: true });
  rmSync(begun, { recursive: true });
});
beforeEach(() => {
  for (const name of readdirSync(server.path)) rmSync(at(name), { recursive: true });
  cpSync(begun, server.path, { recursive: true });
});

const at = (name: string) => path.join(server.path, name);
function fill(leftKib: number): void {
  const { bavail, bsize } = statfsSync(server.path);
  writeFileSync(at('filler'), Buffer.alloc(bavail * bsize - leftKib * 1024));
}
const makeRoom = () => rmSync(at('filler'));
const names = () => readdirSync(server.path).filter((name) => !/-(wal|shm|journal)$|\.lock$/.test(name));
const seqs = () => {
  const sqlite = new DatabaseSync(server.database, { readOnly: true });
  try {
    return sqlite
      .prepare('select seq from audit')
      .all()
      .map(({ seq }) => Number(seq));
  } finally {
    sqlite.close();
  }
};

test.each([
  ['a backup', () => ['database', 'backup', '--out', at('new.db')]],
  ['a restore', () => ['database', 'restore', '--yes', at('backup.db')]],
  ['an after-restore', () => ['database', 'after-restore']],
  ['an archive', () => ['audit', 'archive', '--before', new Date().toISOString(), '--out', at('old.jsonl')]],
])(
  '%s on a full disk says so, leaves everything as it was, and works once there is room',
  async (_, words) => {
    const command = words();
    const [there, before] = [names(), seqs()];
    for (const kib of ROOMS_KIB) {
      fill(kib);
      const said = server.run(command);
      makeRoom();
      if (said.status === 0) {
        expect(kib).toBeGreaterThan(0);
        return;
      }
      expect(said.status).toBe(1);
      expect(said.stderr).toContain(WORDS);
      expect(said.stderr.trim().split('\n')).toHaveLength(1);
      expect(names()).toEqual(there);
      expect(seqs()).toEqual(expect.arrayContaining(before));
    }
    expect(server.run(command)).toMatchObject({ status: 0, stderr: '' });
  },
);
