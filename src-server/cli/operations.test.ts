import { readFileSync } from 'node:fs';

import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Command } from 'commander';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { commandsIn } from '../../src-node/testing/documented-commands.ts';
import { freePort, ServerFolder } from '../testing/server-folder.ts';
import { serverProgram } from './program.ts';

const PROGRAM = 'postern-server';
const page = readFileSync(path.join(import.meta.dirname, '../../docs/operations.md'), 'utf8');
const SESSION_ID = '01a00000-0000-7000-8000-000000000001';
const DEVICE_ID = '01a00000-0000-7000-8000-000000000002';

let folder: ServerFolder;
/** A team of which the documents speak, before each command. */
beforeAll(async () => {
  folder = await ServerFolder.make();
  folder.writeConfig({
    host: '127.0.0.1',
    port: await freePort(),
    more: 'mail = { host = "127.0.0.1", from = "vpn@example.com" }',
  });
  for (const said of [
    await folder.command(
      ['init', '--email', 'owner@example.com', '--name', 'Olga', '--password-stdin', '--with-totp'],
      {
        input: 'a long enough passphrase 7\n',
      },
    ),
    await folder.command(
      ['member', 'add', '--email', 'anna@example.com', '--name', 'Anna', '--password-stdin', '--with-totp'],
      {
        input: 'another long passphrase 7\n',
      },
    ),
    await folder.command(['token', 'create', '--name', 'SOC', '--scopes', 'members:read']),
    await folder.command([
      'gateway',
      'add',
      'main',
      '--subnet',
      '10.86.0.0/22',
      '--allowed-ips',
      '10.20.0.0/16',
    ]),
  ])
    expect(said).toMatchObject({ status: 0 });
  signAnnaIn();
  folder.keep();
}, 120_000);
beforeEach(() => folder.goBack());
afterAll(() => folder.remove());

function signAnnaIn(): void {
  const sqlite = new DatabaseSync(folder.database);
  const now = Date.now();
  sqlite.exec(`
    insert into device (id, member_id, name, platform, public_key, last_seen_at, created_at)
      select '${DEVICE_ID}', id, 'laptop-anna', 'linux', 'key', ${now}, ${now} from member where name = 'Anna';
    insert into session (id, member_id, device_id, kind, token_hash, method, created_at, last_used_at, expires_at)
      select '${SESSION_ID}', member_id, id, 'client', 'hash', 'totp', ${now}, ${now}, ${now + 3_600_000} from device`);
  sqlite.close();
}

/** The part of the page under a heading. */
function section(heading: string): string {
  const from = page.indexOf(`\n${heading}\n`);
  expect(from).toBeGreaterThan(0);
  const to = page.indexOf('\n## ', from + heading.length);
  return page.slice(from, to === -1 ? undefined : to);
}

/** The second column of the table of commands. */
const rows = section('## Administration at the command line')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
  .flatMap((line) => [...(line.split(' | ')[1] ?? '').matchAll(/`([^`]+)`/g)])
  .flatMap(([, text]) => commandsIn(`${PROGRAM} ${text}`, PROGRAM));

describe('the table of what administrators do', () => {
  test('is there', () => expect(rows.length).toBeGreaterThan(15));

  test.each(rows.map((words) => [words.join(' '), words] as const))('%s', async (_line, words) => {
    const typed = words.map((word) => {
      if (word === 'ID') return SESSION_ID;
      // Anna is there already.
      return word === '…' || (words[1] === 'add' && word.includes('@')) ? 'anna.b@example.com' : word;
    });
    const named = ['block', 'unblock'].includes(typed.at(-1) ?? '') ? [...typed, 'anna@example.com'] : typed;
    if (named[1] === 'unblock') await folder.command(['member', 'block', 'anna@example.com']);
    expect(await folder.command(mayAsk(named) ? [...named, '--yes'] : named)).toMatchObject({ status: 0 });
  });
});

function mayAsk(words: readonly string[]): boolean {
  let command: Command = serverProgram();
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word);
    if (!next) break;
    command = next;
  }
  return command.options.some(({ long }) => long === '--yes');
}

/** The commands of a section's blocks, with the paths of this folder in place of an installation's. */
function blocksOf(heading: string): string[][] {
  return [...section(heading).matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .flatMap(([, text]) => (text ?? '').split('\n'))
    .flatMap((line) => commandsIn(line, PROGRAM))
    .map((words) =>
      words.map((word) =>
        word
          .replace(/^\/var\/(lib|backups)\/postern/, folder.path)
          .replace(/backup-.*\.db$/, 'backup.db')
          .replace(/^\d{4}-\d\d-\d\d$/, new Date().toISOString()),
      ),
    );
}

test.each(['## Backup and restore', '## Upgrade and rollback', '## The past', '## Keys'])(
  '%s: what is to be typed, in its order',
  async (heading) => {
    const commands = blocksOf(heading);
    expect(commands.length).toBeGreaterThan(0);
    for (const words of commands) {
      const said = await folder.command(mayAsk(words) ? [...words, '--yes'] : words);
      expect({ words, ...said }).toMatchObject({ status: 0 });
    }
  },
  60_000,
);
