import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { fileTrouble } from '../../../src-node/file-owner.ts';
import { makePrivateFile } from '../../../src-node/private-file.ts';
import { problem } from '../../../src-shared/problem.ts';
import { formatServerKey } from '../../../src-shared/server-key.ts';
import type { ServerConfig } from '../../config.ts';
import { openDatabase } from '../../db/database.ts';
import { forgetMark } from '../../db/record-mark.ts';
import { generateServerKeys, missingKeys } from '../../keys/server-keys.ts';
import { addMember } from '../../people/members/member-store.ts';
import { askPerson, howToAnswer, type PersonOptions } from '../ask.ts';
import { examples } from '../command-groups.ts';
import { accountLines, accountOf } from '../members/account-output.ts';
import { refuseProblem, refuseWords, valueOr } from '../refusal.ts';
import {
  CLI_ACTOR,
  type CommonOptions,
  EXIT_CONFIG,
  print,
  readConfig,
  refuse,
  withCommonOptions,
  withServerFiles,
} from '../run-command.ts';
import { serverKeyLines } from './server-key-command.ts';

type InitOptions = CommonOptions & PersonOptions & { withTotp?: boolean };

/** `init`: keys, database, first administrator. */
export function addInitCommand(program: Command): void {
  withCommonOptions(program.command('init'))
    .description('make the keys, the database and the first administrator')
    .option('--email <address>', 'of the administrator')
    .option('--name <name>', 'of the administrator')
    .option('--password-stdin', 'read the password from standard input')
    .option(
      '--with-totp',
      'set up an authenticator now and print its secret, instead of at the first sign-in',
    )
    .addHelpText('after', examples('init', 'init --email you@example.com --name You'))
    .action(init);
}

async function init(options: InitOptions): Promise<void> {
  const config = readConfig(options);
  if (!config) return;
  const mistake = beginMistake(config);
  if (mistake !== null) {
    refuse(options, [mistake], EXIT_CONFIG);
    return;
  }
  const made = generateServerKeys(config.keysDir, process.env);
  if (makeDatabaseFile(config.databaseFile)) forgetMark(config);
  await (await openDatabase(config.databaseFile)).close();
  await withServerFiles(options, async (ctx) => {
    const someone = await ctx.database.db.selectFrom('member').select('id').limit(1).executeTakeFirst();
    if (someone) {
      refuseProblem(
        options,
        problem('wrong-state', 'This server has members already. "postern-server member add" adds more.'),
      );
      return;
    }
    const person = await askPerson(ctx.config, options);
    if (!person) {
      refuseWords(options, howToAnswer);
      return;
    }
    const member = { ...person, role: 'owner' as const, withTotp: options.withTotp ?? false };
    const added = valueOr(options, await addMember(ctx, member, CLI_ACTOR));
    if (!added) return;
    const serverKey = formatServerKey(ctx.keys.serverKey);
    print(options, { ...accountOf(added), serverKey }, [
      ...made.map((file) => `Made ${file}`),
      `Database ${config.databaseFile}`,
      ...accountLines(added),
      '',
      'Next:',
      '  postern-server start',
      '  postern-server gateway add <name> --subnet <network> --allowed-ips <networks>',
      '  postern-server member add',
      '',
      ...serverKeyLines(ctx.keys.serverKey),
    ]);
  });
}

/** Why nothing can be made here; null when it can. */
function beginMistake({ databaseFile, keysDir }: ServerConfig): string | null {
  const folder = dirname(databaseFile);
  const trouble = fileTrouble(folder, 'write');
  if (trouble?.kind === 'missing')
    return `databaseFile: the folder ${folder} is not there; run: mkdir -m 700 ${folder}`;
  if (trouble) return `databaseFile: ${trouble.text}`;
  const missing = missingKeys(keysDir, process.env);
  if (!holdsSomething(databaseFile) || missing.length === 0) return null;
  return `keysDir: ${missing.join(' and ')} not there, but databaseFile ${databaseFile} is: what it holds sealed opens with its own keys alone. Put them back from your backup (docs/operations.md, "Keys that are lost"); to begin anew instead: mv ${databaseFile} ${databaseFile}.old`;
}

function holdsSomething(databaseFile: string): boolean {
  return existsSync(databaseFile) && statSync(databaseFile).size > 0;
}

/** Empty, for SQLite to fill: it gives its other files to the owner of this one by itself. False: it was there. */
function makeDatabaseFile(databaseFile: string): boolean {
  if (existsSync(databaseFile)) return false;
  makePrivateFile(databaseFile);
  return true;
}
