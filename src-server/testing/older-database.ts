import { DatabaseSync } from 'node:sqlite';
import { Kysely, Migrator, SqliteDialect } from 'kysely';
import { migrations } from '../db/migrations.ts';

/** Makes a database as the version left it whose newest migration is `newest`; it stays open for the caller to fill. */
export async function makeOlderDatabase(file: string, newest: string): Promise<DatabaseSync> {
  const sqlite = new DatabaseSync(file);
  const database = {
    close: () => undefined,
    prepare(sql: string) {
      const statement = sqlite.prepare(sql);
      return {
        reader: statement.columns().length > 0,
        all: (values: readonly unknown[]): unknown[] => statement.all(...values.map(String)),
        run: (values: readonly unknown[]) => statement.run(...values.map(String)),
        iterate: (values: readonly unknown[]): IterableIterator<unknown> =>
          statement.iterate(...values.map(String)),
      };
    },
  };
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  const provider = { getMigrations: () => Promise.resolve(migrations) };
  const { error } = await new Migrator({ db, provider }).migrateTo(newest);
  if (error) throw error;
  return sqlite;
}
