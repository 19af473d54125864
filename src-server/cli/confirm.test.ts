import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ServerFolder } from '../testing/server-folder.ts';

const MINUTE = 60_000;
let folder: ServerFolder;
beforeAll(async () => {
  folder = await ServerFolder.initialised();
  folder.keep();
}, MINUTE);
beforeEach(() => folder.goBack());
afterAll(() => folder.remove());

const backup = () => join(folder.path, 'backup.db');

test.each([
  ['keys rotate encryption', []],
  ['keys rotate lease --abort', ['keys', 'rotate', 'lease']],
  ['keys rotate lease --finish', ['keys', 'rotate', 'lease']],
  ['database restore BACKUP', ['database', 'backup', '--out', 'BACKUP']],
  ['member temporary-password owner@test.example', []],
])(
  '%s changes nothing without an answer, and --yes is one',
  async (line, before) => {
    const typed = (words: readonly string[]) =>
      folder.command(words.map((word) => (word === 'BACKUP' ? backup() : word)));
    if (before.length > 0) expect(await typed(before)).toMatchObject({ status: 0 });
    const key = () => readFileSync(join(folder.keys, 'encryption.key'), 'utf8');
    const audited = async () => (await folder.command(['audit', 'list', '--json'])).stdout;
    const was = { key: key(), audited: await audited() };
    const unasked = await typed(line.split(' '));
    expect(unasked).toMatchObject({ status: 1, stdout: '' });
    expect(unasked.stderr).toContain('Without a terminal to ask on, --yes says so. Nothing was changed.');
    expect({ key: key(), audited: await audited() }).toEqual(was);
    expect(await typed([...line.split(' '), '--yes'])).toMatchObject({ status: 0 });
    expect(await audited()).not.toBe(was.audited);
  },
  MINUTE,
);
