import type { ServerConfig } from '../config.ts';
import { isServerRunning, lockDatabase } from '../db/database-lock.ts';
import { type CommonOptions, EXIT_FAILED, refuse } from './run-command.ts';

/** Runs `work` while no server runs on the database, nor can start; refuses where one does. */
export async function withoutServer(
  options: CommonOptions,
  config: ServerConfig,
  work: () => Promise<void>,
): Promise<void> {
  const lock = lockDatabase(config.databaseFile);
  if (!lock) {
    refuseRunning(options, config);
    return;
  }
  try {
    await work();
  } finally {
    lock.release();
  }
}

/** Says it before somebody is asked: nothing is held while they think, and whoever starts the server meanwhile may. */
export function isRefusedByServer(options: CommonOptions, config: ServerConfig): boolean {
  const isRunning = isServerRunning(config.databaseFile);
  if (isRunning) refuseRunning(options, config);
  return isRunning;
}

function refuseRunning(options: CommonOptions, { databaseFile }: ServerConfig): void {
  const mistake = `databaseFile: a server is running on ${databaseFile}; stop it first: systemctl stop postern-server`;
  refuse(options, [mistake], EXIT_FAILED);
}
