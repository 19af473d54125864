import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { Loaded } from '../../src-node/config.ts';
import { fileTrouble } from '../../src-node/file-owner.ts';
import { problem } from '../../src-shared/problem.ts';
import { properName as nameSchema } from '../../src-shared/typed-name.ts';
import { loadServerConfig, type ServerConfig } from '../config.ts';
import type { ServerContext } from '../context.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { lockKeys } from '../db/database-lock.ts';
import { takeKeys } from '../db/key-check.ts';
import { ForeignDatabaseError, refuseForeign } from '../db/own-database.ts';
import { settleKeys } from '../db/settle-keys.ts';
import { loadServerKeys } from '../keys/server-keys.ts';
import { makeLogger } from '../logger.ts';

export const EXIT_FAILED = 1;
export const EXIT_CONFIG = 2;
/** `actor` of everything that is done through these commands. */
export const CLI_ACTOR = 'cli';

const DEFAULT_CONFIG_FILE = '/etc/postern/server.toml';
/** What to do where settings are missing because nothing was read. */
export const NO_CONFIG_FILE = `No file was read: ${DEFAULT_CONFIG_FILE} is not there, and --config FILE names another one.`;

export interface CommonOptions {
  config?: string;
  json?: boolean;
}

/** A line for the person in front, on standard error. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The options that every command has. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--config <file>', `TOML file (default: $POSTERN_CONFIG, else ${DEFAULT_CONFIG_FILE})`)
    .option('--json', 'print the result as JSON');
}

/** Prints what a command found: as JSON for scripts, else the lines for people. */
export function print(options: CommonOptions, value: unknown, lines: readonly string[]): void {
  const text = options.json ? JSON.stringify(value) : lines.join('\n');
  if (text !== '') process.stdout.write(`${text}\n`);
}

/** Says every mistake, with `--json` all of them as one problem, and sets the exit code. */
export function refuse(options: CommonOptions, mistakes: readonly string[], exitCode: number): null {
  if (options.json) print(options, problem('invalid-request', mistakes.join('\n')), []);
  else for (const mistake of mistakes) say(mistake);
  process.exitCode = exitCode;
  return null;
}

/** The configuration, or null after its mistakes were said. */
export function readConfig(options: CommonOptions): ServerConfig | null {
  const loaded = loadConfigOf(options);
  if (loaded.ok) return loaded.value;
  const noFile = configFileOf(options) === undefined ? [NO_CONFIG_FILE] : [];
  return refuse(options, [...loaded.mistakes, ...noFile], EXIT_CONFIG);
}

/** The configuration that a command means. */
export function loadConfigOf(options: CommonOptions): Loaded<ServerConfig> {
  return loadServerConfig(configFileOf(options), process.env);
}

/** Undefined: there is no file, the settings come from the environment alone. */
export function configFileOf({ config }: CommonOptions): string | undefined {
  return (
    config ??
    process.env.POSTERN_CONFIG ??
    (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined)
  );
}

/** Configuration and keys, with a database there to open; or null after the mistakes were said. */
export async function readServerFiles(
  options: CommonOptions,
): Promise<Pick<ServerContext, 'config' | 'keys'> | null> {
  const config = readConfig(options);
  if (!config) return null;
  const mistake = databaseMistake(config);
  if (mistake !== null) return refuse(options, [mistake], EXIT_CONFIG);
  const keys = await readKeys(options, config);
  return keys && { config, keys };
}

/** Why the database's file cannot be opened; null when it can. */
export function databaseMistake({ databaseFile }: ServerConfig): string | null {
  const trouble = fileTrouble(databaseFile, 'write');
  if (trouble === null) return null;
  return trouble.kind === 'denied'
    ? `databaseFile: ${trouble.text}`
    : `databaseFile: ${databaseFile} is not there; "postern-server init" makes it, "postern-server database restore FILE" puts a backup back`;
}

/** The keys, or null after their mistakes were said. A rotation of them that was interrupted is ended before. */
export async function readKeys(
  options: CommonOptions,
  config: ServerConfig,
): Promise<ServerContext['keys'] | null> {
  const { keysDir, issuer, secretsAreMounted: areMounted } = config;
  endHalfRotation(config);
  const loaded = await loadServerKeys(keysDir, issuer, process.env, { areMounted });
  return loaded.ok ? loaded.keys : refuse(options, loaded.mistakes, EXIT_CONFIG);
}

/**
 * Runs `work` on the server's files, also beside a running server. Errors go to standard error, not into `work`. `alone`:
 * no other command works with the keys meanwhile.
 */
export async function withServerFiles(
  options: CommonOptions,
  work: (ctx: ServerContext) => Promise<void>,
  how: 'shared' | 'alone' = 'shared',
): Promise<void> {
  const config = readConfig(options);
  if (!config) return;
  const mistake = databaseMistake(config);
  if (mistake !== null) {
    refuse(options, [mistake], EXIT_CONFIG);
    return;
  }
  await holdingKeys(options, config, how, async () => {
    const keys = await readKeys(options, config);
    if (keys) await withDatabase(options, { config, keys }, work);
  });
}

/** Nobody replaces the keys while `work` runs; `alone`: nobody else uses them either. Null after a refusal was said. */
export async function holdingKeys<T>(
  options: CommonOptions,
  config: ServerConfig,
  how: 'shared' | 'alone',
  work: () => Promise<T>,
): Promise<T | null> {
  const lock = lockKeys(config.databaseFile, how);
  if (!lock) return refuse(options, [how === 'shared' ? KEYS_REPLACED : KEYS_IN_USE], EXIT_FAILED);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** For whoever takes database and keys as they are, without reading them (`readKeys`). */
export function endHalfRotation(config: ServerConfig): void {
  for (const which of settleKeys(config, process.env))
    say(
      `The rotation of the ${which} key, which was interrupted, is done: ${config.keysDir} has the new key.`,
    );
}

const KEYS_REPLACED = 'keysDir: the keys are being replaced just now; run this again in a moment';
const KEYS_IN_USE =
  'keysDir: another command of postern-server works with the keys just now; run this again when it has ended';

async function withDatabase(
  options: CommonOptions,
  files: Pick<ServerContext, 'config' | 'keys'>,
  work: (ctx: ServerContext) => Promise<void>,
): Promise<void> {
  const database = await openFor(options, files);
  if (!database) return;
  try {
    await takeKeys(database.db, files.keys);
    await work({ ...files, database, now: Date.now, log: makeLogger('silent') });
  } finally {
    await database.close();
  }
}

/** Null, and nothing was changed, where the keys are not those of the database. */
async function openFor(
  options: CommonOptions,
  files: Pick<ServerContext, 'config' | 'keys'>,
): Promise<Database | null> {
  try {
    return await openDatabase(files.config.databaseFile, { refuse: (db) => refuseForeign(db, files) });
  } catch (error) {
    if (error instanceof ForeignDatabaseError) return refuse(options, [error.message], EXIT_CONFIG);
    throw error;
  }
}

/** For commander: a comma-separated list; `read` answers null for an item that is none. */
export function listOf<T>(what: string, read: (item: string) => T | null) {
  return (text: string): T[] =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
      .map((item) => {
        const value = read(item);
        if (value === null) throw new InvalidArgumentError(`${item} is not ${what}`);
        return value;
      });
}

/** What is wrong with the folder in which `--out` shall make a file; null: nothing. */
export function outFolderMistake(out: string): string | null {
  const folder = fileTrouble(dirname(out), 'write');
  if (folder === null) return null;
  return folder.kind === 'denied'
    ? `--out: ${folder.text}`
    : `--out: the folder ${dirname(out)} is not there; run: mkdir -m 700 ${dirname(out)}`;
}

/** For commander: what people call a thing; the Control Panel takes the same. */
export function properName(text: string): string {
  const name = nameSchema.safeParse(text);
  if (!name.success) throw new InvalidArgumentError(name.error.issues[0]?.message ?? '');
  return name.data;
}

/** For commander: a whole number between two bounds. */
export function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`);
    return value;
  };
}

/** Milliseconds since 1970 → `2026-11-21 19:32 UTC`. */
export function shortTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
