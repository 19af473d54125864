import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { changedSettings } from '../src-node/changed-settings.ts';
import { type GatewayConfig, loadGatewayConfig, readToken } from './config.ts';

/** What a reload takes over. */
const RELOADED = ['logLevel', 'caFile', 'token', 'tokenFile'];

/** With what an agent comes to its server, and by what it knows it. */
export interface ServerAccess {
  token: string;
  /** PEM; null trusts what the system trusts. */
  ca: string | null;
  /** The newest one with which the server has given an order: the way back from one that it refuses. */
  acceptedToken?: string;
  /** Of the agent that runs: a reload has read another token. */
  onNewToken?: () => void;
}

/** Throws a reason that a person can act on. */
export async function readAccess(config: GatewayConfig, file: string | undefined): Promise<ServerAccess> {
  const { caFile } = config;
  return {
    token: await readToken(config, file),
    ca: caFile === undefined ? null : await readFile(caFile, 'utf8'),
  };
}

/**
 * What SIGHUP asks for: level of the log, token and certificate authority as they are now in the files, the latter two
 * from the next channel on, which a new token opens at once. What cannot be read stays as it was, and is said; so is what
 * takes a restart. Never rejects.
 */
export async function reloadAccess(running: {
  file: string | undefined;
  config: GatewayConfig;
  access: ServerAccess;
  log: Logger;
}): Promise<void> {
  const { file, config, access, log } = running;
  const loaded = loadGatewayConfig(file, process.env);
  if (!loaded.ok) {
    log.error(
      { mistakes: loaded.mistakes },
      'not reloaded: the configuration has mistakes, and all stays as it was',
    );
    return;
  }
  const next = loaded.value;
  const before = access.token;
  try {
    Object.assign(access, await readAccess(next, file));
  } catch (error) {
    log.error({ err: error }, 'not reloaded: token and certificate authority stay as they were');
    return;
  }
  if (access.token !== before) access.onNewToken?.();
  log.level = next.logLevel;
  log.info({ logLevel: next.logLevel, needsRestart: changedSettings(config, next, RELOADED) }, 'reloaded');
}
