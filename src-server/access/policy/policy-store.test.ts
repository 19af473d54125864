import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Policy, policySchema } from '../../../src-shared/policy.ts';
import { assignPolicy } from '../../cli/policy/policy-assignments.ts';
import { isTightened } from '../../proof/policy/policy-store.ts';
import { newWgKey, ScriptedGateway } from '../../testing/scripted-ends.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let gateway: ScriptedGateway;
beforeEach(async () => {
  server = await startTestServer();
  gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
});
afterEach(async () => {
  await gateway.disconnect();
  await server.close();
});

test('a gate that is turned on ends a lease that has outlived its session too', async () => {
  await server.setPolicy({ totpPriorConnection: false });
  const member = await server.addMember();
  const { sessionToken } = await server.signIn(member);
  const body = { gatewayId: gateway.id, wgPublicKey: newWgKey() };
  const begun = await server.request('POST', '/client/v1/connections', { token: sessionToken, body });
  expect(begun.status).toBe(201);
  const { db } = server.ctx.database;
  await db.updateTable('session').set({ expires_at: server.clock.now }).execute();
  await server.setPolicy({ totpPriorConnection: true });
  expect(await db.selectFrom('lease').select('id').where('ended_at', 'is', null).execute()).toEqual([]);
  await server.parts.sweeper.sweep();
  await expect.poll(() => gateway.peers.size).toBe(0);
});

const loose = policySchema.parse({ unlockPriorConnection: true });
test.each<[string, Partial<Policy>, Partial<Policy>, boolean]>([
  ['a method less', {}, { unlockMethods: ['pin'] }, true],
  ['a method more', { unlockMethods: ['pin'] }, {}, false],
  ['fewer hours of soft unlock', {}, { softUnlockHours: 6 }, true],
  ['more hours of soft unlock', {}, { softUnlockHours: 24 }, false],
  ['codes more often', {}, { codeEveryDays: 7 }, true],
  ['codes by age at all', { codeEveryDays: 0 }, { codeEveryDays: 365 }, true],
  ['codes by age no more', {}, { codeEveryDays: 0 }, false],
  ['the gate itself', { unlockPriorConnection: false }, {}, true],
  [
    'what no gate asks for',
    { unlockPriorConnection: false },
    { unlockPriorConnection: false, codeEveryDays: 1 },
    false,
  ],
])('%s: whether it tightens', (_, before, after, isTighter) => {
  expect(isTightened({ ...loose, ...before }, { ...loose, ...after })).toBe(isTighter);
});

test('the settings of the unlock are assigned by name', () => {
  const words = [
    'unlockPriorConnection=true',
    'unlockMethods=pin,uv-hw',
    'softUnlockHours=4',
    'codeEveryDays=7',
  ];
  expect(assignPolicy(policySchema.parse({}), words)).toMatchObject({
    ok: true,
    value: {
      unlockPriorConnection: true,
      unlockMethods: ['pin', 'uv-hw'],
      softUnlockHours: 4,
      codeEveryDays: 7,
    },
  });
  for (const wrong of ['unlockMethods=finger', 'softUnlockHours=169', 'codeEveryDays=-1'])
    expect(assignPolicy(policySchema.parse({}), [wrong]).ok).toBe(false);
});
