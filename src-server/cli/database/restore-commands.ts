import { resolve } from 'node:path';
import type { Command } from 'commander';
import { fileTrouble } from '../../../src-node/file-owner.ts';
import { fingerprint } from '../../../src-node/fingerprint.ts';
import { mistakeLine } from '../../../src-node/mistake.ts';
import { formatServerKey } from '../../../src-shared/server-key.ts';
import type { ServerConfig } from '../../config.ts';
import type { ServerContext } from '../../context.ts';
import { sealedByOthers } from '../../db/own-database.ts';
import { writeMark } from '../../db/record-mark.ts';
import { keptEncryptionKeys, readEncryptionKeyFile } from '../../keys/encryption-key.ts';
import { loadServerKeys, missingKeys } from '../../keys/server-keys.ts';
import { type TakenBack, takeBack } from '../../restore/after-restore.ts';
import { hasKeysBeside, inspectBackup, keysBeside } from '../../restore/backup-file.ts';
import { keyInForce, type PastKey } from '../../restore/past-key.ts';
import { type Restored, restoreDatabase } from '../../restore/restore.ts';
import { examples } from '../command-groups.ts';
import { type ConfirmOptions, isConfirmed, withConfirmation } from '../confirm.ts';
import { refuseWords } from '../refusal.ts';
import {
  CLI_ACTOR,
  type CommonOptions,
  EXIT_CONFIG,
  EXIT_FAILED,
  print,
  readConfig,
  readKeys,
  refuse,
  shortTime,
  withCommonOptions,
  withServerFiles,
} from '../run-command.ts';
import { isRefusedByServer, withoutServer } from '../without-server.ts';
import { differenceLines, replacedLeaseKeyLines, takenLines } from './restore-words.ts';

type RestoreOptions = ConfirmOptions & { withKeys?: boolean; oldKey?: string };

/** `database restore|after-restore`. */
export function addRestoreCommands(database: Command): void {
  withConfirmation(withCommonOptions(database.command('restore')))
    .argument('<file>', 'a backup')
    .description('put a backup in the place of the database; the server must not run')
    .option('--with-keys', 'also put back the keys of FILE.keys; those of now are kept beside')
    .option(
      '--old-key <file>',
      'the encryption key of then, where the backup is from before a rotation and the key was not kept in keysDir',
    )
    .addHelpText(
      'after',
      '\nThe database of now is kept beside. Connections and sessions end, no code or backup code of before counts, API tokens wait for an owner.',
    )
    .addHelpText('after', examples('database restore /var/lib/postern/backup-2026-11-29.db'))
    .action(restore);
  withCommonOptions(database.command('after-restore'))
    .description('after a copy was put back by hand: take out of force what it brings back')
    .addHelpText('after', examples('database after-restore'))
    .action(afterRestore);
}

async function restore(file: string, options: RestoreOptions): Promise<void> {
  const config = readConfig(options);
  if (!config) return;
  const from = resolve(file);
  if (isRefusedByServer(options, config)) return;
  const backup = inspectBackup(from);
  if (!backup.ok) {
    refuse(options, [backup.mistake], EXIT_FAILED);
    return;
  }
  const then = backup.madeAt === null ? '' : `, the state of ${shortTime(backup.madeAt)}`;
  const question = `Put ${from}${then} in the place of the database? What was decided since is not in force any more, and everybody signs in again.`;
  if (!(await isConfirmed(options, question))) return;
  await withoutServer(options, config, async () => {
    const keysFrom = options.withKeys ? keysBeside(from) : null;
    const keys = await keysFor(options, config, { from, keysFrom });
    const oldKeys = oldKeysFor(config, options);
    if (!keys || !oldKeys) return;
    const { madeAt } = backup;
    const input = { config, keys, file: from, madeAt, keysFrom, oldKeys, now: Date.now, actor: CLI_ACTOR };
    const done = await restoreDatabase(input);
    if (!done.ok) {
      refuse(options, [wrongKeys(config, { from, keysFrom, madeAt })], EXIT_CONFIG);
      return;
    }
    report(options, { from, madeAt, restored: done.value, keys });
  });
}

function report(
  options: RestoreOptions,
  {
    from,
    madeAt,
    restored,
    keys,
  }: { from: string; madeAt: number | null; restored: Restored; keys: ServerContext['keys'] },
): void {
  const { taken, keptAt, differences, isOtherLeaseKey, openedWith, replacedLeaseKey } = restored;
  const at = madeAt === null ? null : new Date(madeAt).toISOString();
  const { serverKey } = keys;
  const leaseKey = {
    fingerprint: fingerprint(serverKey.publicKey),
    replaced: replacedLeaseKey && {
      ...{ fingerprint: fingerprint(replacedLeaseKey.publicKey), keysKeptAt: replacedLeaseKey.keysKeptAt },
    },
  };
  print(options, { file: from, at, keptAt, ...taken, differences, isOtherLeaseKey, openedWith, leaseKey }, [
    `Restored ${from}${madeAt === null ? '' : `, the state of ${shortTime(madeAt)}`}`,
    ...(keptAt === null ? [] : [`The database of before is kept: ${keptAt}`]),
    ...(openedWith === null
      ? []
      : [
          `Its secrets were sealed with the encryption key of then (${openedWith}), and are with the one of now.`,
        ]),
    ...(isOtherLeaseKey
      ? [
          `The lease key is another one than the backup's: on each computer, sudo postern-helper trust '${formatServerKey(serverKey)}'`,
        ]
      : []),
    ...replacedLeaseKeyLines(replacedLeaseKey, { serverKey, from }),
    ...takenLines(taken),
    ...differenceLines(differences),
    'Next: postern-server start (or systemctl start postern-server)',
  ]);
}

async function afterRestore(options: CommonOptions): Promise<void> {
  const config = readConfig(options);
  if (!config) return;
  await withoutServer(options, config, () =>
    withServerFiles(options, async (ctx) => {
      const taken: TakenBack = await takeBack(ctx, { actor: CLI_ACTOR, madeAt: null });
      await writeMark(ctx.database.db, config);
      print(options, taken, [
        ...takenLines(taken),
        ...differenceLines(null),
        'Next: postern-server start (or systemctl start postern-server)',
      ]);
    }),
  );
}

async function keysFor(
  options: CommonOptions,
  config: ServerConfig,
  { from, keysFrom }: { from: string; keysFrom: string | null },
): Promise<ServerContext['keys'] | null> {
  if (keysFrom === null) {
    const missing = missingKeys(config.keysDir, process.env);
    if (missing.length === 0 || !hasKeysBeside(from)) return readKeys(options, config);
    return refuse(
      options,
      [
        `keysDir: ${missing.join(' and ')} not there; those of the backup are in ${keysBeside(from)}: add --with-keys`,
      ],
      EXIT_CONFIG,
    );
  }
  if (fileTrouble(keysFrom))
    return refuseWords(options, `--with-keys: ${keysFrom} cannot be read or is not there`);
  const loaded = await loadServerKeys(keysFrom, config.issuer, process.env);
  return loaded.ok ? loaded.keys : refuse(options, loaded.mistakes, EXIT_CONFIG);
}

/** Those that rotations have kept, and the one that was named; null after its mistake was said. */
function oldKeysFor(config: ServerConfig, options: RestoreOptions): string[] | null {
  const { oldKey } = options;
  const kept = keptEncryptionKeys(config.keysDir);
  if (oldKey === undefined) return kept;
  const file = resolve(oldKey);
  const read = readEncryptionKeyFile(file, { env: process.env, areMounted: config.secretsAreMounted });
  return read.ok ? [file, ...kept] : refuseWords(options, `--old-key: ${read.mistake}`);
}

function wrongKeys(
  config: ServerConfig,
  { from, keysFrom, madeAt }: { from: string; keysFrom: string | null; madeAt: number | null },
): string {
  const mistake = mistakeLine(sealedByOthers({ databaseFile: from, keysDir: keysFrom ?? config.keysDir }));
  const past = keysFrom === null ? keyInForce(config.databaseFile, madeAt) : null;
  const beside = keysFrom === null && hasKeysBeside(from) ? '; or those of the backup: add --with-keys' : '';
  return `${past === null ? mistake : pastKeyLine(from, past)}${beside}. Nothing was changed`;
}

function pastKeyLine(from: string, { endedAt, keptAt }: PastKey): string {
  const where =
    keptAt === null
      ? 'whoever put the one of now into place has it'
      : `it was kept as ${keptAt}, which is not there or another key`;
  return `keysDir: ${from} is from before ${shortTime(endedAt)}, when the encryption key was replaced, and opens with the one of then alone; name its file: --old-key FILE (${where})`;
}
