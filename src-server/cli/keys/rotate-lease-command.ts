import { resolve } from 'node:path';
import type { Command } from 'commander';
import { fingerprint } from '../../../src-node/fingerprint.ts';
import { mistakeLine } from '../../../src-node/mistake.ts';
import { formatServerKey } from '../../../src-shared/server-key.ts';
import type { ServerContext } from '../../context.ts';
import { leaseKeyRotation } from '../../db/lease-key-rotation.ts';
import { type LeaseKeyHolders, leaseKeyHolders } from '../../rotation/lease-key-holders.ts';
import {
  abortLeaseRotation,
  beginLeaseRotation,
  finishLeaseRotation,
  NO_LEASE_ROTATION,
  type ReadyToFinish,
  readyToFinish,
} from '../../rotation/rotate-lease.ts';
import { personAtServer } from '../admin-desk.ts';
import { withExamples } from '../command-groups.ts';
import { type ConfirmOptions, isConfirmed, withConfirmation } from '../confirm.ts';
import { refuseState, refuseWords } from '../refusal.ts';
import { print, readConfig, say, withCommonOptions, withServerFiles } from '../run-command.ts';
import { isRefusedByServer, withoutServer } from '../without-server.ts';
import { holderLines, holderWords } from './lease-key-words.ts';
import { newKeyFileMistake } from './new-key-file.ts';

type Options = ConfirmOptions & { finish?: boolean; abort?: boolean; writeTo?: string; oldKey?: string };

/** `keys rotate lease`. */
export function addRotateLeaseCommand(rotate: Command): void {
  const command = withConfirmation(withCommonOptions(rotate.command('lease')))
    .description('change the key that computers trust: begin beside the running server, later --finish it')
    .option('--finish', 'sign leases with the next key from now on; the server must not run')
    .option('--abort', 'take back what was begun: leases stay with the present key')
    .option(
      '--write-to <file>',
      'a new file for the next key, where the one of now comes from a mount; you put it into place before --finish',
    )
    .option(
      '--old-key <file>',
      'with --finish, where you have put the next key into place: the one of before',
    )
    .addHelpText(
      'after',
      '\nUntil --finish computers learn the next key over their channel, and tunnels go on. One that has not heard of it by then has to trust the server anew. Owners are told by mail.',
    )
    .action(rotateLease);
  withExamples(command, 'keys rotate lease', 'keys rotate lease --finish', 'keys rotate lease --abort');
}

async function rotateLease(options: Options): Promise<void> {
  const mistake = optionMistake(options);
  if (mistake !== null) {
    refuseWords(options, mistake);
    return;
  }
  if (options.finish) await finish(options);
  else if (options.abort) await abort(options);
  else await begin(options);
}

function optionMistake({ finish: isFinish, abort: isAbort, writeTo, oldKey }: Options): string | null {
  if (isFinish && isAbort) return '--finish and --abort: say the one or the other';
  if (writeTo !== undefined && (isFinish || isAbort))
    return '--write-to: belongs to the beginning of a rotation';
  return oldKey !== undefined && !isFinish ? '--old-key: belongs to --finish' : null;
}

async function begin(options: Options): Promise<void> {
  const config = readConfig(options);
  if (!config) return;
  const writeTo = options.writeTo === undefined ? null : resolve(options.writeTo);
  const mistake = writeTo === null ? null : newKeyFileMistake(writeTo, config);
  if (mistake !== null) {
    refuseWords(options, mistake);
    return;
  }
  await withServerFiles(
    options,
    async (ctx) => {
      const begun = await beginLeaseRotation(ctx, { writeTo, actor: personAtServer() });
      if (!begun.ok) {
        refuseState(options, mistakeLine(begun.mistake));
        return;
      }
      const { nextPublicKey, begunAt } = begun.value;
      const { devices } = await leaseKeyHolders(ctx.database.db, begun.value);
      const next = fingerprint(nextPublicKey);
      const value = { begunAt: new Date(begunAt).toISOString(), nextFingerprint: next, newKeyFile: writeTo };
      print(options, { ...value, devices }, [
        `The next lease key is made. Fingerprint  ${next}`,
        `The server tells ${devices === 1 ? 'the one device' : `the ${devices} devices`} of it over their channel from now on; tunnels and leases stay with the present key.`,
        ...(writeTo === null
          ? ['Next: a backup of database and keys']
          : [
              `It is in ${writeTo}. Leave the one of now in its place until enough devices have it.`,
              'Next: a backup of the database; keep both keys',
            ]),
        '  postern-server keys show                   who has it',
        '  postern-server keys rotate lease --finish  once enough do',
        '  postern-server keys rotate lease --abort   takes it back',
      ]);
    },
    'alone',
  );
}

async function abort(options: Options): Promise<void> {
  let next: string | null = null;
  await withServerFiles(options, async ({ database }) => {
    const rotation = await leaseKeyRotation(database.db);
    if (rotation) next = fingerprint(rotation.nextPublicKey);
    else refuseState(options, mistakeLine(NO_LEASE_ROTATION));
  });
  if (next === null) return;
  const question = `Take back the lease key with the fingerprint ${next}? It is gone then, and a rotation begins with another one.`;
  if (await isConfirmed(options, question))
    await withServerFiles(options, (ctx) => abortIn(ctx, options), 'alone');
}

async function abortIn(ctx: ServerContext, options: Options): Promise<void> {
  const taken = await abortLeaseRotation(ctx, { actor: personAtServer() });
  if (!taken.ok) {
    refuseState(options, mistakeLine(taken.mistake));
    return;
  }
  const { nextKeyFile, nextPublicKey } = taken.value;
  print(options, { abortedFingerprint: fingerprint(nextPublicKey), newKeyFile: nextKeyFile }, [
    'Taken back: leases stay with the present key, and the devices are told so.',
    nextKeyFile === null
      ? 'The key that was to be the next one is gone.'
      : `The key that was to be the next one is in ${nextKeyFile}: shred -u it`,
  ]);
}

async function finish(options: Options): Promise<void> {
  const config = readConfig(options);
  if (!config) return;
  const asked: Asked[] = [];
  await withServerFiles(options, async (ctx) => {
    const ready = await readyIn(ctx, options);
    if (ready) asked.push({ ready, holders: await leaseKeyHolders(ctx.database.db, ready.rotation) });
  });
  const [found] = asked;
  if (!found || isRefusedByServer(options, config)) return;
  if (!options.json) for (const line of holderLines(found.holders)) say(line);
  // Neither the keys nor the database are held meanwhile.
  if (!(await isConfirmed(options, question(found.holders, found.ready)))) return;
  await withoutServer(options, config, () =>
    withServerFiles(options, (ctx) => finishIn(ctx, options, found.ready), 'alone'),
  );
}

interface Asked {
  ready: ReadyToFinish;
  holders: LeaseKeyHolders;
}

/** Null after it was said what is missing. */
async function readyIn(ctx: ServerContext, { oldKey, ...options }: Options): Promise<ReadyToFinish | null> {
  const ready = await readyToFinish(ctx, oldKey === undefined ? null : resolve(oldKey));
  return ready.ok ? ready.value : refuseState(options, mistakeLine(ready.mistake));
}

async function finishIn(ctx: ServerContext, options: Options, asked: ReadyToFinish): Promise<void> {
  // Asking took its time.
  const ready = await readyIn(ctx, options);
  if (!ready) return;
  const { rotation, keys } = ready;
  if (rotation.step !== asked.rotation.step) {
    refuseState(options, 'Another rotation has begun meanwhile. Nothing was changed; run this again.');
    return;
  }
  const holders = await leaseKeyHolders(ctx.database.db, rotation);
  const { keptAt, anchors } = await finishLeaseRotation(ctx, ready, personAtServer());
  const { devices, have, without } = holders;
  const own = fingerprint(keys.serverKey.publicKey);
  const value = { fingerprint: own, keptAt, anchors, devices, have, without };
  print(options, value, [
    `Leases are signed with the new key. Fingerprint  ${own}`,
    ...(have === devices
      ? []
      : [
          `On each computer that has not heard of it: sudo postern-helper trust '${formatServerKey(keys.serverKey)}'`,
        ]),
    ...(keptAt === null
      ? ['Nothing opens with the one of before any more: shred -u it']
      : [`The one of before is gone; its public half is kept for backups from before: ${keptAt}`]),
    'Next: postern-server start (or systemctl start postern-server), and a backup of database and keys',
  ]);
}

function question(holders: LeaseKeyHolders, { keys }: ReadyToFinish): string {
  const left = holders.devices - holders.have;
  const rest =
    left === 0
      ? 'Nobody has to trust the server anew.'
      : `The other ${left === 1 ? 'one has' : `${left} have`} to trust the server anew before their next connection, with the fingerprint ${fingerprint(keys.serverKey.publicKey)} and the rights of an administrator of that computer.`;
  return `${holderWords(holders)} ${rest} Finish the rotation?`;
}
