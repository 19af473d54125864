import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../db/database.ts';
import { chargeAttempt, purgePassingAttempts } from './attempts.ts';

const DAY_MS = 86_400_000;

let database: Database;
beforeAll(async () => {
  database = await openDatabase(':memory:');
});
afterAll(() => database.close());

test('the failures of accounts that do not exist are forgotten after a day, however many there are', async () => {
  const { db } = database;
  const charge = (key: string, now: number) => db.transaction().execute((tx) => chargeAttempt(tx, key, now));
  for (let stranger = 0; stranger < 2_500; stranger++) await charge(`unknown:${stranger}`, 0);
  await charge('member:m:password', 0);
  await charge('unknown:of-today', DAY_MS);
  await purgePassingAttempts(db, DAY_MS + 1);
  const left = await db.selectFrom('attempt').select('key').orderBy('key').execute();
  expect(left.map(({ key }) => key)).toEqual(['member:m:password', 'unknown:of-today']);
});
