import { type Check, looked } from '../../src-node/check.ts';
import { databaseChecks } from './database-checks.ts';
import { certificateCheck, diskCheck, keyChecks, panelCheck, secretCheck } from './file-checks.ts';
import type { Looked } from './looked-at.ts';
import { clockCheck, listenCheck, mailCheck, nameCheck, portCheck } from './network-checks.ts';

/** Everything that a new installation gets wrong, and an old one grows into. Changes nothing; a running server is left alone. */
export async function lookAtServer(looking: Looked): Promise<Check[]> {
  const { config } = looking;
  const found = await Promise.all([
    looked('config', async () => secretCheck(looking)),
    looked('keys', () => keyChecks(looking)),
    looked('database', () => databaseChecks(looking)),
    looked('disk', () => diskCheck(config)),
    looked('certificate', async () => certificateCheck(looking)),
    looked('panel', async () => panelCheck(looking)),
    looked('listen', () => listenCheck(config)),
    looked('port', async () => portCheck(config)),
    looked('name', () => nameCheck(config)),
    looked('clock', () => clockCheck()),
    looked('mail', () => mailCheck(config)),
  ]);
  return found.flat();
}
