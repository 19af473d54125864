import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../db/database.ts';
import { queryPlanFaults } from './query-plan-faults.ts';

let database: Database;
beforeAll(async () => {
  database = await openDatabase(':memory:');
});
afterAll(() => database.close());

const faultsOf = (sql: string, file = 'src-server/new.ts') => queryPlanFaults(database.db, [{ sql, file }]);

test.each([
  ['select * from lease where proof_lease_id = ?', 'SCAN lease'],
  [
    'update lease set notified_at = ? where device_id = ? and notified_at is null',
    'lease_device (device_id=?)',
  ],
  ['delete from event where frame_json = ?', 'SCAN event'],
  ['select l.id from lease as l where l.address = ?', 'SCAN l'],
  [
    'select id from gateway where exists (select 1 from audit where audit.ip = gateway.endpoint)',
    'AUTOMATIC',
  ],
])('%s reads through what grows', async (sql, step) => {
  expect(await faultsOf(sql)).toEqual([expect.stringContaining(step)]);
});

test.each([
  'select * from lease where gateway_id = ? and ended_at is null',
  'select * from lease where member_id = ? and ended_at is null',
  'select * from audit where subject = ? and seq < ? order by seq desc limit 10',
  'select * from gateway where name = ?',
  'pragma data_version',
])('%s does not', async (sql) => {
  expect(await faultsOf(sql)).toEqual([]);
});

test('an exception is one of its file alone', async () => {
  const sql = 'select hash from audit order by seq desc limit ?';
  expect(await faultsOf(sql, 'src-server/audit/audit-log.ts')).toEqual([]);
  expect(await faultsOf(sql)).toHaveLength(1);
});
