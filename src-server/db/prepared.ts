import {
  type Compilable,
  type CompiledQuery,
  DummyDriver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Db, Tx } from './database.ts';
import type { Schema } from './schema.ts';

/** Whoever asks by it goes on at once, however long the turn has taken (see `Driver`). */
interface PromptQuery<R> extends CompiledQuery<R> {
  isPrompt: true;
}

/** Builds queries and never runs one. */
const builder = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/** Stands where the value of a parameter will be. */
class Placeholder {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A query that is built once and then only run: building costs several times what SQLite needs to answer it, and the
 * queries between a disconnect and the order to the gateway are waited for by packets. Each parameter is used through
 * `param(name)` and may be anything that SQLite binds.
 */
export function prepared<P extends Record<string, unknown>, R>(
  build: (db: Kysely<Schema>, param: <K extends keyof P & string>(name: K) => P[K]) => Compilable<R>,
): (db: Db | Tx, parameters: P) => Promise<QueryResult<R>> {
  // The only place where a placeholder passes for a value; it is taken out again below.
  const compiled: CompiledQuery<R> = build(builder, (name) => new Placeholder(name) as never).compile();
  return (db, parameters) => {
    const query: PromptQuery<R> = {
      ...compiled,
      isPrompt: true,
      parameters: compiled.parameters.map((value) =>
        value instanceof Placeholder ? parameters[value.name] : value,
      ),
    };
    return db.executeQuery(query);
  };
}
