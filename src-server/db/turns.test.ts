import { setImmediate as nextTurn } from 'node:timers/promises';
import { type RawBuilder, sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Database, type Db, openDatabase, type Tx } from './database.ts';

let database: Database;
beforeEach(async () => {
  database = await openDatabase(':memory:');
});
afterEach(() => database.close());

/** Takes many times as long as a turn may. */
const slow: RawBuilder<unknown> = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000)
  select max(i) from n`;

const list = async (db: Db | Tx): Promise<void> => {
  for (let query = 0; query < 5; query++) await slow.execute(db);
};

/** How many turns somebody else has had until `work` was done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const somebodyElse = (async () => {
    while (!isOver) {
      await nextTurn();
      if (!isOver) turns++;
    }
  })();
  await work.finally(() => {
    isOver = true;
  });
  await somebodyElse;
  return turns;
}

test('between the slow queries of a list everybody else has their turn', async () => {
  expect(await turnsDuring(list(database.db))).toBeGreaterThanOrEqual(4);
});

test('whoever is in a transaction goes on', async () => {
  await list(database.db);
  expect(await turnsDuring(database.db.transaction().execute(list))).toBe(0);
});
