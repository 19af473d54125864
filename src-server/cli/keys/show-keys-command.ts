import type { Command } from 'commander';
import { fingerprint } from '../../../src-node/fingerprint.ts';
import type { ServerContext } from '../../context.ts';
import { keptEncryptionKeys } from '../../keys/encryption-key.ts';
import { withExamples } from '../command-groups.ts';
import { type CommonOptions, print, shortTime, withCommonOptions, withServerFiles } from '../run-command.ts';

/** `keys show`. */
export function addShowKeysCommand(keys: Command): void {
  const command = withCommonOptions(keys.command('show'))
    .description('which keys are in use, since when, and what is kept of before; no key itself')
    .action((options: CommonOptions) => withServerFiles(options, (ctx) => show(ctx, options)));
  withExamples(command, 'keys show', 'keys show --json');
}

async function show({ keys, config, database }: ServerContext, options: CommonOptions): Promise<void> {
  const past = await database.db
    .selectFrom('past_encryption_key')
    .selectAll()
    .orderBy('ended_at', 'desc')
    .execute();
  const kept = keptEncryptionKeys(config.keysDir);
  const { encryptionKeyId: id, encryptionKeyPlace: place, serverKey } = keys;
  const lease = { fingerprint: fingerprint(serverKey.publicKey) };
  const encryption = {
    ...{ id, place, kept },
    since: past[0] ? new Date(past[0].ended_at).toISOString() : null,
    past: past.map(({ key_id, ended_at }) => ({ id: key_id, endedAt: new Date(ended_at).toISOString() })),
  };
  print(options, { lease, encryption }, [
    'Server key (signs what computers trust):',
    `  fingerprint  ${lease.fingerprint}`,
    'Encryption key (seals the secrets in the database):',
    `  ${id}  in ${place}, ${past[0] ? `since ${shortTime(past[0].ended_at)}` : 'never replaced'}`,
    ...past.map(({ key_id, ended_at }) => `  ${key_id}  until ${shortTime(ended_at)}`),
    ...kept.map(
      (file) => `  kept for backups from before: ${file}   (shred -u it once none of them is needed)`,
    ),
  ]);
}
