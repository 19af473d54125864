import { SqliteQueryCompiler } from 'kysely';
import { afterEach, expect } from 'vitest';
import { type Database, openDatabase } from '../db/database.ts';
import { queryPlanFaults } from './query-plan-faults.ts';

/**
 * Runs before every file of the unit tests: has each statement that the server itself builds while they run, new ones
 * too, looked at by SQLite's planner. The test that met it first fails when it would read through a table that grows.
 */

const watchKey = Symbol.for('postern.query-plans');
interface Watch {
  /** SQL that was met, with the file that built it; null: a test did. */
  origins: Map<string, string | null>;
  /** Of `origins`, what nobody has looked at yet. */
  fresh: { sql: string; file: string }[];
  database: Promise<Database> | null;
}
const holder = globalThis as unknown as { [watchKey]?: Watch };
const watch = holder[watchKey] ?? install();
holder[watchKey] = watch;

afterEach(async () => {
  if (watch.fresh.length === 0) return;
  watch.database ??= openDatabase(':memory:');
  const { db } = await watch.database;
  const faults = await queryPlanFaults(db, watch.fresh.splice(0));
  expect(faults).toEqual([]);
});

/** The files of a worker share their modules, and this. */
function install(): Watch {
  const installed: Watch = { origins: new Map(), fresh: [], database: null };
  const compile = SqliteQueryCompiler.prototype.compileQuery;
  SqliteQueryCompiler.prototype.compileQuery = function (
    this: SqliteQueryCompiler,
    ...input: Parameters<typeof compile>
  ) {
    const compiled = compile.apply(this, input);
    const { sql } = compiled;
    if (installed.origins.get(sql)) return compiled;
    const file = builtBy();
    installed.origins.set(sql, file);
    if (file) installed.fresh.push({ sql, file });
    return compiled;
  } as typeof compile;
  return installed;
}

/** The file under `src-server` whose statement is being compiled: Kysely does it while it is called. */
function builtBy(): string | null {
  for (const called of callers()) {
    const file = /\/(src-[\w-]+\/[^:?)]+\.ts)/.exec(called)?.[1];
    if (!file || called.includes('/node_modules/') || isBetween.has(file)) continue;
    return file.startsWith('src-server/') && !/\.test\.ts$|\/testing\//.test(file) ? file : null;
  }
  return null;
}

/** The files on the stack, newest first. Not the text of a stack: finding the lines of the sources takes ten times as long. */
function callers(): string[] {
  const { stackTraceLimit, prepareStackTrace } = Error;
  const holder: { stack?: string[] } = {};
  try {
    Error.stackTraceLimit = 40;
    Error.prepareStackTrace = (_error, sites) => sites.map((site) => site.getFileName() ?? '');
    Error.captureStackTrace(holder, builtBy);
    // It is made when it is first read.
    return holder.stack ?? [];
  } finally {
    Object.assign(Error, { stackTraceLimit, prepareStackTrace });
  }
}

/** What compiles for others. */
const isBetween = new Set(['src-server/db/prepared.ts', 'src-server/testing/query-plans.ts']);
