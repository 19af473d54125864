import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ServerFolder } from '../testing/server-folder.ts';

let folder: ServerFolder;
beforeAll(async () => {
  folder = await ServerFolder.initialised();
  folder.keep();
}, 60_000);
beforeEach(() => folder.goBack());
afterEach(() => folder.stopAll());
afterAll(() => folder.remove());

/** One document on standard output, and nothing beside it. */
async function refusalOf(words: string[]) {
  const { status, stdout, stderr } = await folder.command([...words, '--json']);
  return { exitCode: status, stderr, problem: JSON.parse(stdout) };
}

test.each([
  ['keys rotate lease --finish --yes', 'wrong-state', 'no rotation of the lease key is under way'],
  ['keys rotate lease --abort', 'wrong-state', 'no rotation of the lease key is under way'],
  ['keys rotate lease --finish --abort', 'invalid-request', 'say the one or the other'],
  ['keys rotate lease --write-to /none/key', 'invalid-request', '--write-to: the folder /none is not there'],
  ['keys rotate encryption --write-to /none/key', 'invalid-request', '--write-to: the folder'],
  ['database backup --out /none/backup.db', 'invalid-request', '--out: the folder /none is not there'],
  ['database restore /none/backup.db', 'invalid-request', 'is not there'],
  ['audit archive --before 2020-01-01 --out /none/a', 'invalid-request', '--out: the folder /none'],
  ['gateway token nix', 'gateway-not-found', 'There is no gateway nix'],
])('%s is refused as a problem', async (line, code, words) => {
  expect(await refusalOf(line.split(' '))).toMatchObject({
    ...{ exitCode: 1, stderr: '' },
    problem: { code, detail: expect.stringContaining(words) },
  });
});
