import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setImmediate } from 'node:timers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  Migrator,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
  type Transaction,
  type TransactionSettings,
} from 'kysely';
import { BUSY_TIMEOUT_MS, LaterWrites } from './later-writes.ts';
import { migrations } from './migrations.ts';
import { migrationsOf, refuseNewer } from './newer-database.ts';
import type { Schema } from './schema.ts';
import { isDiskFull } from './sqlite-error.ts';

export type Db = Kysely<Schema>;
export type Tx = Transaction<Schema>;

export interface Database {
  db: Db;
  /** Changes when another process has written to the file (`PRAGMA data_version`). */
  externalVersion(): number;
  later: LaterWrites;
  /** Writes what waits in `later`, and the log back into the main file, and closes it. */
  close(): Promise<void>;
}

/**
 * Opens (or makes) the SQLite file with `journal_mode=WAL`, `synchronous=FULL` and foreign keys, and brings its
 * schema up to date in a transaction. Rejects with SQLite's own message when the file cannot be used, with a
 * `NewerDatabaseError` when a newer version has written it, and with what `refuse` rejects with, which is asked before
 * anything is changed: of a database that may still be as an older version left it.
 */
export async function openDatabase(
  file: string,
  { refuse }: { refuse?: (db: Db) => Promise<void> } = {},
): Promise<Database> {
  const sqlite = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  const db = new Kysely<Schema>({ dialect: new Dialect({ database: forKysely(sqlite) }) });
  try {
    refuseNewer(sqlite, file);
    const done = migrationsOf(sqlite);
    const isNew = done.length === 0;
    if (!isNew) await refuse?.(db);
    sqlite.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on');
    sqlite.function('fold', { deterministic: true }, fold);
    // Kysely asks and locks a good deal to find out that there is nothing to do, for every command anew.
    if (Object.keys(migrations).some((name) => !done.includes(name))) await migrate(db);
    if (isNew) await refuse?.(db);
  } catch (error) {
    sqlite.close();
    throw error;
  }
  const versionQuery = sqlite.prepare('pragma data_version');
  const later = new LaterWrites(db);
  return {
    db,
    externalVersion: () => Number(versionQuery.get()?.data_version),
    later,
    async close() {
      try {
        await later.flush();
        checkpoint(sqlite);
      } finally {
        await db.destroy();
      }
    },
  };
}

async function migrate(db: Db): Promise<void> {
  const provider = { getMigrations: () => Promise.resolve(migrations) };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error) throw error;
}

/** Without room the log stays beside the file, and is read with it: nothing is lost. */
function checkpoint(sqlite: DatabaseSync): void {
  try {
    sqlite.exec('pragma wal_checkpoint(truncate)');
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
}

/** So long may queries follow each other within a turn of the event loop. */
const TURN_MS = 2;

/**
 * SQLite answers within the turn of the event loop: a list of many queries would keep a disconnect waiting until its
 * last one. So once a turn has taken long, whoever asked for a list waits for the next one; not so who is in a
 * transaction, or asks by `prepared`, as a disconnect does.
 *
 * `db.transaction().setAccessMode('read only')` reads one moment of the database without its write lock: it waits for
 * nobody, and nobody for it. SQLite refuses whatever would be written in it.
 */
class Driver extends SqliteDriver {
  #isReading = false;
  /** The one connection, which also tells whose queries are prompt. */
  #watched: DatabaseConnection | undefined;
  #isPrompt = false;
  #turnBegan: number | null = null;

  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection();
    this.#watched ??= {
      executeQuery: (query) => {
        this.#isPrompt ||= 'isPrompt' in query;
        return connection.executeQuery(query);
      },
      streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
    };
    if (this.#turnBegan === null) {
      this.#turnBegan = performance.now();
      setImmediate(() => {
        this.#turnBegan = null;
      });
    }
    return this.#watched;
  }

  override async releaseConnection(): Promise<void> {
    const isTurnOver = this.#turnBegan !== null && performance.now() - this.#turnBegan > TURN_MS;
    const mayGoOn = this.#isPrompt || !isTurnOver;
    this.#isPrompt = false;
    await super.releaseConnection();
    if (!mayGoOn) await nextTurn();
  }

  override async beginTransaction(
    connection: DatabaseConnection,
    settings?: TransactionSettings,
  ): Promise<void> {
    this.#isPrompt = true;
    if (settings?.accessMode !== 'read only') return super.beginTransaction(connection);
    await connection.executeQuery(CompiledQuery.raw('begin deferred'));
    await connection.executeQuery(CompiledQuery.raw('pragma query_only = on'));
    this.#isReading = true;
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#endReading(connection);
    await super.commitTransaction(connection);
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#endReading(connection);
    await super.rollbackTransaction(connection);
  }

  async #endReading(connection: DatabaseConnection): Promise<void> {
    if (!this.#isReading) return;
    this.#isReading = false;
    await connection.executeQuery(CompiledQuery.raw('pragma query_only = off'));
  }
}

class Dialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig;
  constructor(config: SqliteDialectConfig) {
    super(config);
    this.#config = config;
  }
  override createDriver(): Driver {
    return new Driver(this.#config);
  }
}

/** `fold(text)` in SQL: without case and accents, for what people search for. SQLite's own `lower` knows ASCII only. */
export function fold(text: unknown): string {
  return String(text).normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
}

/** `node:sqlite` in the shape that Kysely's SQLite dialect asks for; statements are prepared once per SQL text. */
function forKysely(sqlite: DatabaseSync) {
  type Prepared = { statement: StatementSync; reader: boolean };
  const prepared = new Map<string, Prepared>();
  const prepare = (sql: string): Prepared => {
    const known = prepared.get(sql);
    if (known) return known;
    const statement = sqlite.prepare(sql);
    const made = { statement, reader: statement.columns().length > 0 };
    if (/^\s*(select|insert|update|delete|with)\b/i.test(sql) && prepared.size < 500) prepared.set(sql, made);
    return made;
  };
  return {
    close: () => sqlite.close(),
    prepare(sql: string) {
      const { statement, reader } = prepare(transactionSql(sql, sqlite.isTransaction));
      type Parameters = Parameters_<StatementSync['all']>;
      return {
        reader,
        all: (parameters: readonly unknown[]): unknown[] => statement.all(...(parameters as Parameters)),
        run: (parameters: readonly unknown[]) => statement.run(...(parameters as Parameters)),
        iterate: (parameters: readonly unknown[]): IterableIterator<unknown> =>
          statement.iterate(...(parameters as Parameters)),
      };
    },
  };
}

/**
 * A transaction takes the write lock at its start: one that had read first could not wait for another process (an
 * administrator's command beside the server) and would fail with "database is locked". A full disk rolls back by
 * itself, after which SQLite refuses a second `rollback` and would hide what went wrong.
 */
function transactionSql(sql: string, isTransaction: boolean): string {
  if (sql === 'begin') return 'begin immediate';
  if (sql === 'rollback' && !isTransaction) return 'select 1';
  return sql;
}

type Parameters_<F> = F extends (...parameters: infer P) => unknown ? P : never;
