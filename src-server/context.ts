import type { Logger } from 'pino';
import type { ServerConfig } from './config.ts';
import type { Database } from './db/database.ts';
import type { ServerKeys } from './keys/server-keys.ts';

/** What every part of the server is given; nothing reaches for a global. */
export interface ServerContext {
  config: ServerConfig;
  keys: ServerKeys;
  database: Database;
  /** Milliseconds since 1970. */
  now: () => number;
  log: Logger;
}
