import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileAtomic } from './atomic-file.ts';

describe('writeFileAtomic', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'postern-atomic-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('writes a 0600 file into a 0700 directory and replaces what was there, whatever its mode', async () => {
    const path = join(root, 'state', 'key');
    await writeFileAtomic(path, 'one');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(root, 'state'))).mode & 0o777).toBe(0o700);
    await writeFile(join(root, 'open'), 'old', { mode: 0o644 });
    await writeFileAtomic(join(root, 'open'), 'new');
    expect(await readFile(join(root, 'open'), 'utf8')).toBe('new');
    expect((await stat(join(root, 'open'))).mode & 0o777).toBe(0o600);
  });

  it('gives the mode that was asked for, whatever the umask', async () => {
    const path = join(root, 'for-all');
    const before = process.umask(0o077);
    try {
      await writeFileAtomic(path, 'x', 0o644);
    } finally {
      process.umask(before);
    }
    expect((await stat(path)).mode & 0o777).toBe(0o644);
  });

  it('leaves nothing behind when the target cannot be replaced', async () => {
    await writeFileAtomic(join(root, 'directory', 'file'), 'x');
    await expect(writeFileAtomic(join(root, 'directory'), 'y')).rejects.toThrow();
    expect(await readdir(root)).toEqual(['directory']);
  });

  it('ends with one whole file when many write at once', async () => {
    const path = join(root, 'busy');
    const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(5000));
    await Promise.all(contents.map((content) => writeFileAtomic(path, content)));
    expect(contents).toContain(await readFile(path, 'utf8'));
    expect(await readdir(root)).toEqual(['busy']);
  });
});
