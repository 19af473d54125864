import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appendAudit } from '../../../audit/audit-log.ts';
import { PanelClient } from '../../../testing/panel-client.ts';
import { startTestServer, type TestServer } from '../../../testing/test-server.ts';

let server: TestServer;
let owner: PanelClient;
beforeEach(async () => {
  server = await startTestServer();
  owner = await PanelClient.of(server, 'owner');
});
afterEach(() => server.close());

type Row = { seq: number; action: string; actorName: string | null; details: Record<string, unknown> };
const rowsOf = async (query: string): Promise<Row[]> => (await owner.get(`audit?${query}`)).body.rows;
const write = (count: number, details: Record<string, unknown> = {}, at = server.clock.now) =>
  server.ctx.database.db.transaction().execute(async (tx) => {
    for (let i = 0; i < count; i++)
      await appendAudit(tx, {
        at,
        actor: 'cli',
        action: 'test.row',
        outcome: 'ok',
        ip: '192.0.2.9',
        details: { ...details, i },
      });
  });

test('pages go back by seq, without overlap, to the first row', async () => {
  await write(7);
  const seqs: number[] = [];
  let before: number | null = null;
  do {
    const page: { rows: Row[]; nextBefore: number | null } = (
      await owner.get(`audit?limit=4${before === null ? '' : `&before=${before}`}`)
    ).body;
    seqs.push(...page.rows.map(({ seq }) => seq));
    before = page.nextBefore;
  } while (before !== null);
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, at) => seqs.length - at));
});

test('the live view gets what came since, each row once, with and without a filter', async () => {
  for (const filter of ['', '&action=test.row']) {
    const { newest } = (await owner.get(`audit?limit=1${filter}`)).body;
    await write(5);
    const seen: number[] = [];
    let after = newest;
    for (let look = 0; look < 4; look++) {
      const answer = (await owner.get(`audit?limit=2&after=${after}${filter}`)).body;
      expect(answer.nextBefore).toBeNull();
      seen.push(...answer.rows.map(({ seq }: Row) => seq).reverse());
      after = answer.newest;
    }
    expect(seen).toEqual([1, 2, 3, 4, 5].map((add) => newest + add));
  }
});

test('filters: who, what, about whom, how it went, when; words in names, addresses, ids and details', async () => {
  const member = await server.addMember();
  await server.signIn(member);
  await write(1, { reason: 'Sign-in from Zürich, =cmd' });
  const all = await rowsOf('limit=100');
  const counts = async (query: string) => (await rowsOf(`limit=100&${query}`)).length;
  for (const key of ['action', 'actor', 'subject'] as const) {
    const value = key === 'action' ? 'session.begin' : `member:${member.id}`;
    const fitting = all.filter((row) => (row as unknown as Record<string, unknown>)[key] === value);
    expect(fitting.length).toBeGreaterThan(0);
    expect(await counts(`${key}=${value}`)).toBe(fitting.length);
  }
  expect(await counts('outcome=refused')).toBe(0);
  expect(await counts('action=session')).toBe(0);
  for (const search of ['zurich', 'ZÜR', 'from sign-in', '192.0.2.9', 'cmd', '192.0.2'])
    expect(await counts(`search=${encodeURIComponent(search)}`)).toBe(1);
  expect(await counts(`search=${member.email}`)).toBeGreaterThan(1);
  expect(await counts(`search=${member.id}`)).toBeGreaterThan(1);
  expect(await counts('search=nowhere')).toBe(0);
  // What means something to the search engine means nothing here.
  for (const hostile of [
    '"',
    '*',
    'NOT',
    'a OR b',
    '{actor} : x',
    'words:x',
    '^zur',
    '-',
    '"zur" NEAR',
    "';--",
    'हिन्दी',
    '\u1c90\u{1f600}a',
    'a\0b',
  ])
    expect((await owner.get(`audit?search=${encodeURIComponent(hostile)}`)).status).toBe(200);
  expect((await owner.get(`audit?actor=${encodeURIComponent('x" OR words:"test')}`)).body.rows).toEqual([]);
  const later = new Date(server.clock.now + 3 * 86_400_000).toISOString();
  await write(2, {}, server.clock.now + 3 * 86_400_000);
  expect(await counts(`from=${later}`)).toBe(2);
  expect(await counts(`to=${later}`)).toBe(all.length);
  expect(await counts(`from=${later}&action=test.row`)).toBe(2);
  expect(await counts(`to=2020-01-01T00:00:00Z`)).toBe(0);
  expect((await owner.get('audit/actions')).body.actions).toContain('session.begin');
  const [row] = await rowsOf(`actor=member:${member.id}&limit=1`);
  expect(row?.actorName).toContain(member.email);
});

test('the export has every row once, quoted, without formulas, oldest first; and it is audited', async () => {
  await write(1203, { reason: 'a "quoted", line\nand =SUM(1)' });
  const { rows: before } = (await owner.get('audit?limit=1')).body;
  const csv = await owner.get('audit/export?format=csv');
  expect(csv.headers.get('content-type')).toContain('text/csv');
  expect(csv.headers.get('content-disposition')).toMatch(/attachment; filename="audit-.*\.csv"/);
  const lines = String(csv.body).split('\r\n');
  expect(lines[0]).toMatch(/^seq,at,actor,actor_name,action,/);
  const seqs = lines.slice(1, -1).map((line) => Number(line.split(',')[0]));
  // One more: the export itself.
  expect(seqs).toEqual(Array.from({ length: before[0].seq + 1 }, (_, at) => at + 1));
  expect(lines.at(-2)).toContain('audit.export');
  const jsonl = await owner.text('audit/export?format=jsonl&action=test.row');
  const parsed = jsonl
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(parsed).toHaveLength(1203);
  expect(parsed[0]).toMatchObject({ action: 'test.row', details: { i: 0 }, prev_hash: expect.any(String) });
  expect((await owner.get('audit/export?format=xml')).status).toBe(400);
});

test.each([
  [
    'blocked',
    (id: string) => server.ctx.database.db.updateTable('member').set({ is_blocked: 1 }).where('id', '=', id),
  ],
  [
    'demoted',
    (id: string) => server.ctx.database.db.updateTable('member').set({ role: 'member' }).where('id', '=', id),
  ],
  [
    'signed out',
    (id: string) =>
      server.ctx.database.db.updateTable('session').set({ ended_at: 1 }).where('member_id', '=', id),
  ],
])('an export that has begun is cut off when its administrator is %s', async (_, end) => {
  const rows = 40_000;
  // Too much for the buffers between the two ends: it goes on when somebody reads.
  await write(rows, { reason: 'x'.repeat(500) });
  const administrator = await PanelClient.of(server, 'administrator');
  const { cookie = '' } = administrator.headers();
  const response = await fetch(`${server.url}/panel/v1/audit/export?format=jsonl`, { headers: { cookie } });
  const reader = response.body?.getReader();
  await reader?.read();
  await end(administrator.member.id).execute();
  let bytes = 0;
  const readAll = async () => {
    for (;;) {
      const piece = await reader?.read();
      if (!piece || piece.done) return 'whole';
      bytes += piece.value.length;
    }
  };
  await expect(readAll()).rejects.toThrow();
  expect(bytes).toBeLessThan(rows * 500);
  await expect
    .poll(() => server.logLines.filter((line) => line.includes('an export was cut off')))
    .toHaveLength(1);
  expect(server.logLines.filter((line) => JSON.parse(line).level === 'error')).toEqual([]);
});

test('a spreadsheet reads umlauts right: the file begins with a byte order mark, JSON lines with none', async () => {
  await write(1, { reason: 'Jürgen' });
  const bytes = (format: string) => owner.bytes(`audit/export?format=${format}`);
  const csv = await bytes('csv');
  expect(csv.subarray(0, 6)).toEqual(Buffer.from([0xef, 0xbb, 0xbf, 0x73, 0x65, 0x71]));
  expect(csv.includes(Buffer.from('Jürgen'))).toBe(true);
  expect((await bytes('jsonl'))[0]).toBe(0x7b);
});

test('the chain is verified in the background: it holds, and a row that was changed is found', async () => {
  expect((await owner.get('audit/verification')).body).toMatchObject({ state: 'never', finishedAt: null });
  await write(600);
  const begun = await owner.call('POST', 'audit/verification', {});
  expect(begun).toMatchObject({ status: 202, body: { state: 'running' } });
  const state = async () => (await owner.get('audit/verification')).body;
  await expect.poll(async () => (await state()).state).toBe('holds');
  expect(await state()).toMatchObject({ brokenAt: null, rows: expect.any(Number) });
  expect((await state()).rows).toBeGreaterThan(600);
  const { db } = server.ctx.database;
  await sql`drop trigger audit_no_update`.execute(db);
  await db.updateTable('audit').set({ details_json: '{}' }).where('seq', '=', 300).execute();
  await owner.call('POST', 'audit/verification', {});
  await expect.poll(async () => (await state()).state).toBe('broken');
  expect(await state()).toMatchObject({ brokenAt: 300, rows: 299 });
  const walks = await rowsOf('action=audit.verify');
  expect(walks.map(({ details }) => details.brokenAt)).toEqual([300, null]);
  expect((await owner.get('overview')).body.attention).toContainEqual({
    kind: 'audit-broken',
    brokenAt: 300,
  });
});
