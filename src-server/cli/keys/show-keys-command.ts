import type { Command } from 'commander';
import { fingerprint } from '../../../src-node/fingerprint.ts';
import type { ServerContext } from '../../context.ts';
import { leaseKeyRotation } from '../../db/lease-key-rotation.ts';
import { keptEncryptionKeys } from '../../keys/encryption-key.ts';
import { leaseKeyHolders } from '../../rotation/lease-key-holders.ts';
import { withExamples } from '../command-groups.ts';
import { type CommonOptions, print, shortTime, withCommonOptions, withServerFiles } from '../run-command.ts';
import { holderLines, holderWords } from './lease-key-words.ts';

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
  const pastLease = await database.db
    .selectFrom('past_lease_key')
    .selectAll()
    .orderBy('ended_at', 'desc')
    .execute();
  const next = await nextLeaseKey(database.db);
  const lease = {
    ...{ fingerprint: fingerprint(serverKey.publicKey), next: next?.value ?? null },
    past: pastLease.map(({ public_key, ended_at }) => ({
      ...{ fingerprint: fingerprint(public_key), endedAt: new Date(ended_at).toISOString() },
    })),
  };
  const encryption = {
    ...{ id, place, kept },
    since: past[0] ? new Date(past[0].ended_at).toISOString() : null,
    past: past.map(({ key_id, ended_at }) => ({ id: key_id, endedAt: new Date(ended_at).toISOString() })),
  };
  print(options, { lease, encryption }, [
    'Server key (signs what computers trust):',
    `  fingerprint  ${lease.fingerprint}`,
    ...(next?.lines ?? []),
    ...pastLease.map(
      ({ public_key, ended_at }) => `  until ${shortTime(ended_at)}  ${fingerprint(public_key)}`,
    ),
    'Encryption key (seals the secrets in the database):',
    `  ${id}  in ${place}, ${past[0] ? `since ${shortTime(past[0].ended_at)}` : 'never replaced'}`,
    ...past.map(({ key_id, ended_at }) => `  ${key_id}  until ${shortTime(ended_at)}`),
    ...kept.map(
      (file) => `  kept for backups from before: ${file}   (shred -u it once none of them is needed)`,
    ),
  ]);
}

/** Of a rotation under way; null: there is none. */
async function nextLeaseKey(db: ServerContext['database']['db']) {
  const rotation = await leaseKeyRotation(db);
  if (!rotation) return null;
  const { begunAt, nextPublicKey, nextKeyFile } = rotation;
  const holders = await leaseKeyHolders(db, rotation);
  const { devices, have, without } = holders;
  const next = fingerprint(nextPublicKey);
  return {
    value: {
      ...{ fingerprint: next, since: new Date(begunAt).toISOString(), newKeyFile: nextKeyFile },
      ...{ devices, have, without },
    },
    lines: [
      `  next         ${next}`,
      `  A rotation is under way since ${shortTime(begunAt)}. ${holderWords(holders)}`,
      ...holderLines(holders).map((line) => `  ${line}`),
      '  postern-server keys rotate lease --finish   or --abort',
    ],
  };
}
