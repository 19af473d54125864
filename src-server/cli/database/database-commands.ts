import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { fileTrouble, giveToFolderOwner } from '../../../src-node/file-owner.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { ServerConfig } from '../../config.ts';
import { openDatabase } from '../../db/database.ts';
import { isOlder } from '../../db/newer-database.ts';
import { ENCRYPTION_KEY_VARIABLE, keyFiles, missingKeys, savedKeyFiles } from '../../keys/server-keys.ts';
import { inspectBackup, keysBeside } from '../../restore/backup-file.ts';
import { copyDatabase } from '../../restore/copy-database.ts';
import { copyKeys } from '../../restore/restore.ts';
import { refuseWords } from '../refusal.ts';
import {
  CLI_ACTOR,
  type CommonOptions,
  databaseMistake,
  EXIT_CONFIG,
  EXIT_FAILED,
  endHalfRotation,
  holdingKeys,
  outFolderMistake,
  print,
  readConfig,
  refuse,
  shortTime,
  withCommonOptions,
} from '../run-command.ts';
import { addRestoreCommands } from './restore-commands.ts';

type BackupOptions = CommonOptions & { out: string; withKeys?: boolean };

/** `database backup|restore|after-restore`. */
export function addDatabaseCommands(program: Command): void {
  const database = program.command('database').description('backups of the database, and putting one back');
  withCommonOptions(database.command('backup'))
    .description('copy the database into one file, also while the server runs')
    .requiredOption('--out <file>', 'a new file; one that is there is never replaced')
    .option('--with-keys', 'copy the keys into FILE.keys: whoever has both can read every secret')
    .addHelpText(
      'after',
      '\nExample: postern-server database backup --out /var/backups/postern-$(date +%F).db',
    )
    .action(backup);
  addRestoreCommands(database);
}

async function backup(options: BackupOptions): Promise<void> {
  const config = readConfig(options);
  if (!config) return;
  const out = resolve(options.out);
  const mistake = databaseMistake(config);
  if (mistake !== null) {
    refuse(options, [mistake], EXIT_CONFIG);
    return;
  }
  const wrongOut = outMistake(out, options, config);
  if (wrongOut !== null) {
    refuseWords(options, wrongOut);
    return;
  }
  await holdingKeys(options, config, 'shared', () => copy(config, out, options));
}

async function copy(config: ServerConfig, out: string, options: BackupOptions): Promise<void> {
  const isWithKeys = options.withKeys ?? false;
  endHalfRotation(config);
  await record(config.databaseFile, { file: out, withKeys: isWithKeys });
  const { bytes } = copyDatabase(config.databaseFile, out);
  const keys = keyFiles(config.keysDir, process.env);
  if (isWithKeys) {
    mkdirSync(keysBeside(out), { mode: 0o700 });
    giveToFolderOwner(keysBeside(out));
    copyKeys(savedKeyFiles(config.keysDir, process.env), keysBeside(out));
  }
  const made = inspectBackup(out);
  if (!made.ok) {
    refuse(options, [made.mistake], EXIT_FAILED);
    return;
  }
  const { madeAt, auditRows } = made;
  const at = madeAt === null ? null : new Date(madeAt).toISOString();
  const { certFile, keyFile } = config.tls;
  const beside = {
    keys,
    configuration: [options.config, certFile, keyFile].filter((name) => name !== undefined),
  };
  print(options, { file: out, bytes, at, auditRows, isWithKeys, notIncluded: beside }, [
    `Copied ${config.databaseFile} into ${out} (${megabytes(bytes)}, ${auditRows} rows of the audit log${madeAt === null ? '' : `, the newest of ${shortTime(madeAt)}`})`,
    ...keyLines(out, keys, isWithKeys),
    `Not in it: the configuration, the certificate ${certFile} and its key ${keyFile}`,
    `To put it back: postern-server database restore ${out}${isWithKeys ? ' --with-keys' : ''}`,
  ]);
}

function keyLines(out: string, keys: readonly string[], isWithKeys: boolean): string[] {
  const fromEnv = process.env[ENCRYPTION_KEY_VARIABLE]
    ? [`, and ${ENCRYPTION_KEY_VARIABLE} of the environment`]
    : [];
  const named = `${keys.join(' and ')}${fromEnv.join('')}`;
  return isWithKeys
    ? [`Copied the keys into ${keysBeside(out)}: keep the two apart from each other, or both as a secret`]
    : [`Not in it, and without them it opens for nobody: ${named} (--with-keys copies the files)`];
}

function outMistake(out: string, { withKeys }: BackupOptions, { keysDir }: ServerConfig): string | null {
  const missing = withKeys ? missingKeys(keysDir, process.env) : [];
  if (missing.length > 0) return `--with-keys: ${missing.join(' and ')} not there`;
  for (const path of withKeys ? [out, keysBeside(out)] : [out])
    if (fileTrouble(path)?.kind !== 'missing') return `--out: ${path} is there already, and is not replaced`;
  return outFolderMistake(out);
}

/** Before the copy, so that it is in it. A database that an older version writes is left as it is. */
async function record(databaseFile: string, details: { file: string; withKeys: boolean }): Promise<void> {
  if (isOlder(databaseFile)) return;
  const database = await openDatabase(databaseFile);
  try {
    await database.db.transaction().execute((tx) =>
      appendAudit(tx, {
        at: Date.now(),
        actor: CLI_ACTOR,
        action: 'database.backup',
        outcome: 'ok',
        details,
      }),
    );
  } finally {
    await database.close();
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
