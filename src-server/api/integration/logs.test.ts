import { afterEach, beforeEach, expect, test } from 'vitest';
import { appendAudit } from '../../audit/audit-log.ts';
import { newWgKey, ScriptedGateway } from '../../testing/scripted-ends.ts';
import { TestDevice } from '../../testing/test-device.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let token: string;
beforeEach(async () => {
  server = await startTestServer();
  token = await server.addApiToken(['logs:read']);
});
afterEach(() => server.close());

type Item = { id: number; action: string; start: string; stop: string | null };
const answer = (path: string) => server.request('GET', `/api/v1/${path}`, { token });
const rows = async (query: string): Promise<Item[]> => (await answer(`system-level-logs?${query}`)).body;
const ids = async (query: string) => (await rows(query)).map(({ id }) => id);
const write = (count: number, action = 'test.row') =>
  server.ctx.database.db.transaction().execute(async (tx) => {
    for (let i = 0; i < count; i++)
      await appendAudit(tx, { at: server.clock.now, actor: 'cli', action, outcome: 'ok', details: { i } });
  });

test('a call is not in its own answer, and pages show what was there when the first was read', async () => {
  await write(20);
  for (const filter of ['', '&action=test.row']) {
    const all = await ids(`limit=1000${filter}`);
    const seen: number[] = [];
    for (let page = 1; page <= 4; page++) {
      const found = await rows(`limit=6&page=${page}${filter}`);
      if (page === 1) {
        expect(found.some(({ action }) => action === 'api-token.use' && filter !== '')).toBe(false);
        await write(5);
      }
      seen.push(...found.map(({ id }) => id));
    }
    const expected = filter === '' ? [...seen].sort((a, b) => b - a) : all;
    expect(seen).toEqual(expected.slice(0, 24));
    expect(new Set(seen).size).toBe(seen.length);
    if (filter !== '') expect(seen).toEqual(all.slice(0, 24));
  }
});

test('the answer to a first call ends with what there was before it', async () => {
  await write(3);
  const newest = (await ids('limit=1'))[0] ?? 0;
  const { db, later } = server.ctx.database;
  await later.flush();
  const stored = await db.selectFrom('audit').select('seq').execute();
  expect(Math.max(...stored.map(({ seq }) => seq))).toBe(newest + 1);
});

test('before and after go from row to row, whatever comes meanwhile', async () => {
  await write(30);
  for (const filter of ['', '&action=test.row', '&search=test.row']) {
    const all = await ids(`limit=1000${filter}`);
    const seen = await ids(`limit=7${filter}`);
    while (seen.length < 28) {
      await write(1, 'test.other');
      seen.push(...(await ids(`limit=7&before=${seen.at(-1)}${filter}`)));
    }
    const from = all.indexOf(seen[0] ?? 0);
    if (filter === '&action=test.row') expect(seen).toEqual(all.slice(from, from + seen.length));
    expect(new Set(seen).size).toBe(seen.length);
    const [first = 0, second] = [seen[9], seen[8]];
    expect((await ids(`limit=1&after=${first}${filter}`))[0]).toBe(second);
  }
});

test.each(['page=2&before=5', 'before=5&after=1', 'before=x', 'after=-1'])(
  'system-level-logs?%s is refused',
  async (query) => {
    expect((await answer(`system-level-logs?${query}`)).body.code).toBe('invalid-request');
  },
);

test('a page far behind by number is the one that cursors come to', async () => {
  await write(40);
  const all = await ids('limit=1000&action=test.row');
  // Not after the page before it: it is counted.
  expect(await ids('limit=4&page=8&action=test.row')).toEqual(all.slice(28, 32));
  expect(await ids('limit=4&page=11&action=test.row')).toEqual([]);
});

test('a page that is jumped to shows what was there when the first was read', async () => {
  await write(40);
  const all = await ids('limit=1000&action=test.row');
  await ids('limit=4&page=1&action=test.row');
  await write(7);
  expect(await ids('limit=4&page=5&action=test.row')).toEqual(all.slice(16, 20));
  expect((await ids('limit=4&page=1&action=test.row'))[0]).toBeGreaterThan(all[0] ?? 0);
});

test('what the search has not taken in is said', async () => {
  await write(10);
  expect(
    (await answer('system-level-logs?action=test.row')).headers.get('postern-complete-since'),
  ).toBeNull();
  const { db } = server.ctx.database;
  const { seq } = await db.selectFrom('audit_indexed').select('seq').executeTakeFirstOrThrow();
  await db
    .updateTable('audit_indexed')
    .set({ backfill_seq: seq - 3 })
    .execute();
  const found = await answer('system-level-logs?action=test.row');
  expect(found.headers.get('postern-complete-since')).toBe(new Date(server.clock.now).toISOString());
  expect((await answer('system-level-logs')).headers.get('postern-complete-since')).toBeNull();
});

test('the connection log: pages that stay, cursors by id, and what was connected at some time', async () => {
  const gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  await server.setPolicy({ totpPriorConnection: false });
  const device = await TestDevice.signIn(server, await server.addMember());
  const made: string[] = [];
  const connect = async () => {
    const body = { gatewayId: gateway.id, wgPublicKey: newWgKey() };
    const { leaseId } = (await device.call('POST', 'connections', body)).body;
    await device.call('DELETE', `connections/${leaseId}`);
    made.unshift(leaseId);
    server.clock.now += 60_000;
  };
  const start = server.clock.now;
  for (let i = 0; i < 6; i++) await connect();
  const log = async (query: string) =>
    (await answer(`gateway-level-logs?${query}`)).body.map(({ id }: Item) => id);
  const before = [...made];
  expect(await log('limit=2')).toEqual(before.slice(0, 2));
  await connect();
  expect(await log('limit=2&page=2')).toEqual(before.slice(2, 4));
  expect(await log('limit=2&page=3')).toEqual(before.slice(4, 6));
  expect(await log('limit=2&page=1')).toEqual(made.slice(0, 2));
  expect(await log(`limit=2&before=${made[2]}&gateway_id=${gateway.id}`)).toEqual(made.slice(3, 5));
  expect(await log(`limit=2&after=${made[4]}`)).toEqual(made.slice(2, 4));
  expect(await log('limit=3&page=2&start=2020-01-01')).toEqual(made.slice(3, 6));
  const since = new Date(start + 4 * 60_000).toISOString();
  expect(await log(`start=${since}`)).toEqual(made.slice(0, 3));
  expect(await log(`end=${since}`)).toEqual(made.slice(3));
  expect((await answer(`gateway-level-logs?before=${crypto.randomUUID()}`)).body).toMatchObject({
    code: 'invalid-request',
    detail: expect.stringContaining('no connection has this id'),
  });
  await gateway.disconnect();
});
