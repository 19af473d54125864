import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inBackground } from './background.ts';
import { type Database, openDatabase } from './database.ts';

let database: Database;
beforeEach(async () => {
  database = await openDatabase(':memory:');
});
afterEach(() => database.close());

test('one slice at a time, in the order in which they were asked for, with a pause behind each', async () => {
  const { db } = database;
  const seen: string[] = [];
  const slice = (name: string) =>
    inBackground(db, async () => {
      seen.push(`${name} begins`);
      await sleep(5);
      seen.push(`${name} ends`);
    });
  const first = slice('a');
  const second = slice('b');
  await first;
  await sleep(1);
  // The pause.
  expect(seen).toEqual(['a begins', 'a ends']);
  await second;
  expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});

test('a slice that fails tells who asked for it, and the next one runs', async () => {
  const { db } = database;
  const failed = inBackground(db, () => Promise.reject(new Error('disk full')));
  const next = inBackground(db, () => Promise.resolve(7));
  await expect(failed).rejects.toThrow('disk full');
  expect(await next).toBe(7);
});
