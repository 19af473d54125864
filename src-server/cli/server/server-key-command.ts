import type { Command } from 'commander';
import { fingerprint } from '../../../src-node/fingerprint.ts';
import { formatServerKey, type ServerKey } from '../../../src-shared/server-key.ts';
import { leaseKeyRotation } from '../../db/lease-key-rotation.ts';
import { examples } from '../command-groups.ts';
import { type CommonOptions, print, withCommonOptions, withServerFiles } from '../run-command.ts';

/** `server-key`. */
export function addServerKeyCommand(program: Command): void {
  withCommonOptions(program.command('server-key'))
    .description('what a computer needs to trust this server')
    .addHelpText('after', examples('server-key', 'server-key --json'))
    .action(show);
}

async function show(options: CommonOptions): Promise<void> {
  await withServerFiles(options, async ({ keys: { serverKey }, database }) => {
    const next = (await leaseKeyRotation(database.db))?.nextPublicKey ?? null;
    const nextFingerprint = next === null ? null : fingerprint(next);
    const value = { serverKey: formatServerKey(serverKey), fingerprint: fingerprint(serverKey.publicKey) };
    print(options, { ...value, nextFingerprint }, [
      ...serverKeyLines(serverKey),
      ...(nextFingerprint === null
        ? []
        : [`  next         ${nextFingerprint}   (once its rotation is finished)`]),
    ]);
  });
}

/** The command for each computer, and what it will ask to be compared. */
export function serverKeyLines(serverKey: ServerKey): string[] {
  return [
    'Once on each computer, which shows this fingerprint and asks whether it is right:',
    `  sudo postern-helper trust '${formatServerKey(serverKey)}'`,
    `  fingerprint  ${fingerprint(serverKey.publicKey)}`,
  ];
}
