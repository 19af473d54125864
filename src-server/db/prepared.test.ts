import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { prepared } from './prepared.ts';

let database: Database;
beforeAll(async () => {
  database = await openDatabase(':memory:');
});
afterAll(() => database.close());

const insertAttempt = prepared<{ key: string; failures: number }, unknown>((db, param) =>
  db.insertInto('attempt').values({
    key: param('key'),
    failures: param('failures'),
    window_started_at: 0,
    failures_in_row: param('failures'),
    blocked_until: 0,
  }),
);
const attemptsOver = prepared<{ least: number }, { key: string; failures_in_row: number }>((db, param) =>
  db
    .selectFrom('attempt')
    .select(['key', 'failures_in_row'])
    .where('failures', '>', param('least'))
    .where('blocked_until', '=', 0),
);
const addFailure = prepared<{ key: string }, { failures: number }>((db, param) =>
  db
    .updateTable('attempt')
    .set((eb) => ({ failures: eb('failures', '+', 1) }))
    .where('key', '=', param('key'))
    .returning('failures'),
);

test('each run takes its own parameters, and constants stay', async () => {
  await insertAttempt(database.db, { key: 'a', failures: 1 });
  await insertAttempt(database.db, { key: 'b', failures: 5 });
  expect((await attemptsOver(database.db, { least: 2 })).rows).toEqual([{ key: 'b', failures_in_row: 5 }]);
  expect((await attemptsOver(database.db, { least: 0 })).rows).toHaveLength(2);
  expect((await addFailure(database.db, { key: 'a' })).rows).toEqual([{ failures: 2 }]);
});

test('in a transaction it belongs to it', async () => {
  const failed = database.db.transaction().execute(async (tx) => {
    await insertAttempt(tx, { key: 'c', failures: 1 });
    throw new Error('no');
  });
  await expect(failed).rejects.toThrow('no');
  expect((await attemptsOver(database.db, { least: 0 })).rows.map(({ key }) => key)).not.toContain('c');
});
