import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { giveToFolderOwner } from './file-owner.ts';
import { readSecret } from './secret-file.ts';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-secret-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, mode: number): string {
  const path = join(folder, name);
  writeFileSync(path, 'secret\n');
  chmodSync(path, mode);
  return path;
}

test('a secret that others may read is refused, one for its owner alone is read', () => {
  expect(readSecret(file('own', 0o600), { env: {} })).toEqual({ ok: true, text: 'secret\n' });
  for (const mode of [0o640, 0o604, 0o444])
    expect(readSecret(file(`shared-${mode}`, mode), { env: {} })).toMatchObject({
      ok: false,
      isMissing: false,
      mistake: expect.stringMatching(/mode \d+ lets others read it; run: chmod 600/),
    });
  expect(readSecret(join(folder, 'none'), { env: {} })).toMatchObject({ ok: false, isMissing: true });
});

test('what a container mounts is read where that was said, through its links, and only if nobody can change it', () => {
  const target = file('..data', 0o444);
  const link = join(folder, 'lease-key.pem');
  symlinkSync(target, link);
  expect(readSecret(link, { env: {} }).ok).toBe(false);
  expect(readSecret(link, { env: {}, areMounted: true })).toMatchObject({ ok: true });
  chmodSync(target, 0o664);
  expect(readSecret(link, { env: {}, areMounted: true })).toMatchObject({
    ok: false,
    mistake: expect.stringContaining('others may change it'),
  });
});

test('a credential of systemd is read as systemd leaves it, and nothing beside its folder', () => {
  const env = { CREDENTIALS_DIRECTORY: folder };
  // 0440 root:root is what an access list for the service's user looks like.
  expect(readSecret(file('encryption.key', 0o440), { env })).toMatchObject({ ok: true });
  expect(readSecret(file('changeable', 0o660), { env }).ok).toBe(false);
  mkdirSync(join(folder, 'other'));
  expect(readSecret(file('other/key', 0o440), { env }).ok).toBe(false);
  const elsewhere = mkdtempSync(join(tmpdir(), 'postern-secret-'));
  symlinkSync(elsewhere, join(folder, 'out'));
  writeFileSync(join(elsewhere, 'key'), 'secret', { mode: 0o440 });
  expect(readSecret(join(folder, 'out/key'), { env }).ok).toBe(false);
  rmSync(elsewhere, { recursive: true });
});

/** What an ordinary user is told; root may read everything. */
function askAs(uid: number, path: string): string {
  const module = join(import.meta.dirname, 'file-owner.ts');
  const script = `const { fileTrouble } = await import(${JSON.stringify(module)});
    console.log(JSON.stringify(fileTrouble(${JSON.stringify(path)}, 'write')));`;
  const asked = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    cwd: '/',
    env: { PATH: process.env.PATH },
    ...(isRoot ? { uid, gid: uid } : {}),
  });
  if (asked.status !== 0) throw new Error(asked.stderr);
  return asked.stdout;
}

test.runIf(isRoot)(
  'files of root name their owner and the command that mends it, and are not called missing (needs root)',
  () => {
    chmodSync(folder, 0o755);
    const own = file('postern.db', 0o600);
    expect(askAs(NOBODY, own)).toContain(
      `postern.db belongs to root and cannot be written by nobody; run: chown nobody: ${own}`,
    );
    mkdirSync(join(folder, 'keys'), { mode: 0o700 });
    expect(askAs(NOBODY, join(folder, 'keys/lease-key.pem'))).toContain(
      `keys belongs to root and is closed to nobody; run: chown -R nobody: ${join(folder, 'keys')}`,
    );
    expect(askAs(NOBODY, join(folder, 'none'))).toContain('missing');
    chownSync(own, 1, 1);
    expect(askAs(NOBODY, own)).toContain('run this as its owner: sudo -u daemon');
  },
);

test.runIf(isRoot)('what root makes in the folder of a service is the service’s (needs root)', () => {
  chownSync(folder, NOBODY, NOBODY);
  const path = file('made', 0o600);
  giveToFolderOwner(path);
  expect(askAs(NOBODY, path)).toContain('null');
});
