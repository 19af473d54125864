import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verifyAudit } from '../../audit/audit-log.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';
import { checkTotp } from './code-check.ts';
import { totpAt, totpStep } from './totp.ts';

let server: TestServer;
let member: TestMember;
beforeEach(async () => {
  server = await startTestServer();
  member = await server.addMember();
});
afterEach(() => server.close());

function check(code: string, who = member.id) {
  const { ctx } = server;
  return ctx.database.db
    .transaction()
    .execute((tx) => checkTotp(tx, ctx, { memberId: who, code, actor: 'cli', ip: null }));
}

const factor = () =>
  server.ctx.database.db
    .selectFrom('factor')
    .selectAll()
    .where('member_id', '=', member.id)
    .executeTakeFirstOrThrow();

test('RFC 6238 appendix B: the six digits of its SHA-1 vectors', () => {
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  const vectors = [
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ] as const;
  for (const [seconds, code] of vectors) expect(totpAt(secret, totpStep(seconds * 1000))).toBe(code);
});

test.each([-1, 0, 1])('the code of step %i is accepted, once', async (step) => {
  expect(await check(server.codeOf(member, step))).toMatchObject({ ok: true });
  expect(await check(server.codeOf(member, step))).toMatchObject({
    ok: false,
    problem: { code: 'code-already-used' },
  });
});

test.each([
  [2, 'ahead'],
  [-2, 'behind'],
  [10, 'ahead'],
  [-10, 'behind'],
])('a code %i steps off is refused and the way that the clock is off named', async (step, drift) => {
  expect(await check(server.codeOf(member, step))).toMatchObject({
    ok: false,
    problem: { code: 'invalid-code', drift, attemptsLeft: 4 },
  });
});

test.each([2, 3, 6, 10])(
  'a code refused %i steps early is not accepted when its time comes',
  async (steps) => {
    const code = server.codeOf(member, steps);
    expect(await check(code)).toMatchObject({ problem: { code: 'invalid-code', drift: 'ahead' } });
    // From the first moment at which its step is in the window until it has left it.
    server.nextStep(steps - 1);
    for (const nextCodeInMs of [60_000, 30_000, 0]) {
      expect(await check(code)).toMatchObject({ problem: { code: 'code-already-used', nextCodeInMs } });
      server.nextStep();
    }
  },
);

test('a code refused late is not accepted by a clock that is set back', async () => {
  const code = server.codeOf(member, -4);
  expect((await check(code)).ok).toBe(false);
  server.nextStep(-4);
  await server.ctx.database.db.deleteFrom('attempt').execute();
  expect(await check(code)).toMatchObject({ problem: { code: 'code-already-used' } });
  server.nextStep();
  expect(await check(server.codeOf(member))).toMatchObject({ ok: true });
});

test('other codes are accepted after an early one, and what is remembered of those refused stays small', async () => {
  for (let round = 0; round < 40; round++) {
    expect((await check(server.codeOf(member, 2 + (round % 9)))).ok).toBe(false);
    server.nextStep(30);
    expect((await check(server.codeOf(member))).ok).toBe(true);
    server.nextStep(2);
  }
  for (let step = 2; step <= 5; step++) await check(server.codeOf(member, step));
  expect(JSON.parse((await factor()).refused_steps_json)).toHaveLength(4);
});

test('a code eleven steps off is only wrong', async () => {
  const outcome = await check(server.codeOf(member, 11));
  expect(outcome).toMatchObject({ ok: false, problem: { code: 'invalid-code' } });
  if (!outcome.ok) expect(outcome.problem).not.toHaveProperty('drift');
});

test('after a later code, an earlier one of the window is refused too', async () => {
  expect((await check(server.codeOf(member, 1))).ok).toBe(true);
  const outcome = await check(server.codeOf(member, 0));
  // The clock stands at the beginning of a step: the first code that is not overtaken is two steps away.
  expect(outcome).toMatchObject({ problem: { code: 'code-already-used', nextCodeInMs: 60_000 } });
});

test('a replay says when the next code comes, and when the authenticator already shows it', async () => {
  const code = server.codeOf(member);
  server.clock.now += 12_000;
  expect((await check(code)).ok).toBe(true);
  expect(await check(code)).toMatchObject({ problem: { code: 'code-already-used', nextCodeInMs: 18_000 } });
  server.nextStep(4);
  expect(await check(code)).toMatchObject({ problem: { code: 'code-already-used', nextCodeInMs: 0 } });
});

test('a clock set back never accepts a spent code again', async () => {
  const codes = [0, 2, 4].map((step) => server.codeOf(member, step));
  for (const code of codes) {
    expect((await check(code)).ok).toBe(true);
    server.nextStep(2);
  }
  server.nextStep(-6);
  for (const code of codes) {
    expect((await check(code)).ok).toBe(false);
    server.nextStep(2);
  }
});

test('a success makes the failures forgotten', async () => {
  for (let attempt = 0; attempt < 4; attempt++) await check(server.codeOf(member, 40));
  expect((await check(server.codeOf(member))).ok).toBe(true);
  server.nextStep();
  expect(await check(server.codeOf(member, 40))).toMatchObject({ problem: { attemptsLeft: 4 } });
});

test('five failures, then waits that double from 30 s to an hour; a right code does not help before', async () => {
  const wrong = () => check(server.codeOf(member, 40));
  for (let attempt = 0; attempt < 4; attempt++) await wrong();
  expect(await wrong()).toMatchObject({
    problem: { code: 'invalid-code', attemptsLeft: 0, retryAfterMs: 30_000 },
  });
  const waits: number[] = [];
  for (let round = 0; round < 9; round++) {
    const throttled = await check(server.codeOf(member));
    expect(throttled).toMatchObject({ ok: false, problem: { code: 'too-many-attempts' } });
    const wait = throttled.ok ? 0 : Number(throttled.problem.retryAfterMs);
    waits.push(wait / 1000);
    server.clock.now += wait;
    expect(await wrong()).toMatchObject({ problem: { code: 'invalid-code', attemptsLeft: 0 } });
  }
  expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
});

test('a clock set back by a day locks out for no more than an hour', async () => {
  for (let attempt = 0; attempt < 5; attempt++) await check(server.codeOf(member, 40));
  server.clock.now -= 86_400_000;
  expect(await check(server.codeOf(member))).toMatchObject({ problem: { retryAfterMs: 3_600_000 } });
});

test('a hundred failures in a row disable the factor, whatever the waits', async () => {
  for (let attempt = 1; attempt <= 100; attempt++) {
    const outcome = await check(server.codeOf(member, 40));
    expect(outcome).toMatchObject({ problem: { code: attempt < 100 ? 'invalid-code' : 'factor-disabled' } });
    server.clock.now += 3_600_000;
  }
  expect((await factor()).is_disabled).toBe(1);
  expect(await check(server.codeOf(member))).toMatchObject({ problem: { code: 'factor-disabled' } });
});

test('a member without a factor gets the same answer and is charged too', async () => {
  const bare = await server.addMember({ withTotp: false });
  const outcomes = [];
  for (let attempt = 0; attempt < 6; attempt++) outcomes.push(await check('123456', bare.id));
  const withFactor = [];
  for (let attempt = 0; attempt < 6; attempt++) withFactor.push(await check(server.codeOf(member, 40)));
  expect(outcomes).toEqual(withFactor);
});

test('every outcome is in the audit, and the chain notices a changed row', async () => {
  await check(server.codeOf(member, 40));
  await check(server.codeOf(member));
  await check(server.codeOf(member));
  const { db } = server.ctx.database;
  const rows = await db.selectFrom('audit').selectAll().where('action', '=', 'proof.totp').execute();
  expect(rows.map((row) => [row.outcome, JSON.parse(row.details_json).refusal])).toEqual([
    ['refused', 'invalid-code'],
    ['ok', undefined],
    ['refused', 'code-already-used'],
  ]);
  expect((await verifyAudit(db)).brokenAt).toBeNull();
  const [first] = rows;
  const seq = first?.seq ?? 0;
  await expect(
    db.updateTable('audit').set({ outcome: 'ok' }).where('seq', '=', seq).execute(),
  ).rejects.toThrow('append-only');
  await sql`drop trigger audit_no_update`.execute(db);
  await db.updateTable('audit').set({ outcome: 'ok' }).where('seq', '=', seq).execute();
  expect((await verifyAudit(db)).brokenAt).toBe(seq);
});

test('the secret lies sealed in the database', async () => {
  const { secret_sealed } = await factor();
  expect(Buffer.from(secret_sealed).includes(member.totpSecret)).toBe(false);
});
