import type { ServerConfig } from '../config.ts';
import { lockDatabase } from '../db/database-lock.ts';
import { type CommonOptions, EXIT_FAILED, refuse } from './run-command.ts';

/** Runs `work` while no server runs on the database, nor can start; refuses where one does. */
export async function withoutServer(
  options: CommonOptions,
  config: ServerConfig,
  work: () => Promise<void>,
): Promise<void> {
  const lock = lockDatabase(config.databaseFile);
  if (!lock) {
    const mistake = `databaseFile: a server is running on ${config.databaseFile}; stop it first: systemctl stop postern-server`;
    refuse(options, [mistake], EXIT_FAILED);
    return;
  }
  try {
    await work();
  } finally {
    lock.release();
  }
}
