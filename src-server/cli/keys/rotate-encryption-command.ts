import { resolve } from 'node:path';
import type { Command } from 'commander';
import { mistakeLine } from '../../../src-node/mistake.ts';
import type { ServerContext } from '../../context.ts';
import { type EncryptionRotation, rotateEncryptionKey } from '../../rotation/rotate-encryption.ts';
import { personAtServer } from '../admin-desk.ts';
import { withExamples } from '../command-groups.ts';
import { type ConfirmOptions, isConfirmed, withConfirmation } from '../confirm.ts';
import { refuseState, refuseWords } from '../refusal.ts';
import { print, readConfig, withCommonOptions, withServerFiles } from '../run-command.ts';
import { isRefusedByServer, withoutServer } from '../without-server.ts';
import { newKeyFileMistake } from './new-key-file.ts';

type Options = ConfirmOptions & { writeTo?: string };

/** `keys rotate encryption`. */
export function addRotateEncryptionCommand(rotate: Command): void {
  const command = withConfirmation(withCommonOptions(rotate.command('encryption')))
    .description('seal all secrets of the database with a new key; the server must not run')
    .option(
      '--write-to <file>',
      'a new file for the new key, where the one of now comes from the environment or a mount; you put it into place',
    )
    .addHelpText(
      'after',
      '\nThe key of before is kept beside the new one: backups from before open with it alone. Owners are told by mail.',
    )
    .action(rotateEncryption);
  withExamples(command, 'keys rotate encryption', 'keys rotate encryption --write-to /root/encryption.key');
}

async function rotateEncryption(options: Options): Promise<void> {
  const config = readConfig(options);
  if (!config) return;
  const writeTo = options.writeTo === undefined ? null : resolve(options.writeTo);
  const mistake = writeTo === null ? null : newKeyFileMistake(writeTo, config);
  if (mistake !== null) {
    refuseWords(options, mistake);
    return;
  }
  if (isRefusedByServer(options, config)) return;
  const question =
    'Seal everything with a new encryption key? What is sealed now opens with the one of now no more; backups of before open with that one alone.';
  if (!(await isConfirmed(options, question))) return;
  await withoutServer(options, config, () =>
    withServerFiles(options, (ctx) => rotateIn(ctx, options, writeTo), 'alone'),
  );
}

async function rotateIn(ctx: ServerContext, options: Options, writeTo: string | null): Promise<void> {
  const done = await rotateEncryptionKey(ctx, { writeTo, actor: personAtServer() });
  if (!done.ok) {
    refuseState(options, mistakeLine(done.mistake));
    return;
  }
  const { resealed, keptAt, leftOver } = done.value;
  print(options, { ...resealed, keptAt, newKeyFile: writeTo, leftOver }, [
    `Sealed ${resealed.count} secrets with a new key.`,
    ...placeLines(ctx, writeTo, keptAt),
    ...doubtLines(ctx, done.value),
    writeTo === null
      ? 'Next: postern-server start (or systemctl start postern-server), and a backup of database and keys'
      : 'Next: put the new key into place, start the server, and make a backup of the database',
  ]);
}

function placeLines({ keys }: ServerContext, writeTo: string | null, keptAt: string | null): string[] {
  const old = 'Backups from before open with it alone: database restore FILE';
  if (writeTo !== null)
    return [
      `The new key is in ${writeTo}: it belongs where ${keys.encryptionKeyPlace} had the one of before, which does not open the database any more.`,
      `Keep the one of before. ${old} --old-key OLD`,
    ];
  return [
    `The key of before is kept: ${keptAt}. ${old}`,
    `  shred -u ${keptAt}   once none of them is needed any more`,
  ];
}

function doubtLines({ config }: ServerContext, { resealed, leftOver }: EncryptionRotation): string[] {
  return [
    ...(resealed.unreadable === 0
      ? []
      : [
          `${resealed.unreadable} secrets could not be read with the key of before either, and were left as they are.`,
        ]),
    ...(leftOver === null
      ? []
      : [
          `What was deleted may still be in ${config.databaseFile}, sealed with the key of before (${leftOver}). Make room: the next start of the server writes the file anew`,
        ]),
  ];
}
