import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ScriptedGateway } from '../../testing/scripted-ends.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { OLD_TOKEN_LIFE_MS, renewGatewayToken } from './gateway-token.ts';

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

async function renew(endsOldNow = false): Promise<string> {
  const input = { id: gateway.id, endsOldNow, actor: 'cli', now: server.clock.now };
  const made = await server.ctx.database.db.transaction().execute((tx) => renewGatewayToken(tx, input));
  if (!made.ok) throw new Error(made.problem.detail);
  return made.value.token;
}
const row = () =>
  server.ctx.database.db
    .selectFrom('gateway')
    .select(['token_ends_at', 'next_token_hash'])
    .where('id', '=', gateway.id)
    .executeTakeFirstOrThrow();
const actions = async () =>
  (await server.ctx.database.db.selectFrom('audit').select('action').orderBy('seq').execute())
    .map(({ action }) => action)
    .filter((action) => action.startsWith('gateway.token'));
/** 101 when the agent's channel opens with this token, else the status. */
async function statusOf(token: string): Promise<number> {
  const other = ScriptedGateway.withToken(gateway, token);
  const refused = await other.connect(server).then(
    () => 101,
    (error: Error) => Number(/refused with (\d+)/.exec(error.message)?.[1]),
  );
  await other.disconnect();
  return refused;
}

test('the old token goes on until the agent has come with the new one, and then ends', async () => {
  const token = await renew();
  expect(server.parts.registry.isOnline(gateway.id)).toBe(true);
  expect(await statusOf(gateway.token)).toBe(101);
  expect(await actions()).toEqual(['gateway.token']);
  expect(await statusOf(token)).toBe(101);
  expect(await actions()).toEqual(['gateway.token', 'gateway.token-taken']);
  expect(await statusOf(gateway.token)).toBe(401);
  expect(await statusOf(token)).toBe(101);
});

test('an agent that comes with the new token takes the place of its own channel without going offline', async () => {
  const states: boolean[] = [];
  server.parts.registry.whenChanged((_id, isOnline) => states.push(isOnline));
  const renewed = ScriptedGateway.withToken(gateway, await renew());
  await renewed.connect(server);
  expect(await gateway.closed).toBe(4002);
  await vi.waitFor(() => expect(states).toContain(true));
  expect(states).not.toContain(false);
  await renewed.disconnect();
});

test('the old token ends after seven days though nobody came with the new one, and its channel with it', async () => {
  const token = await renew();
  server.clock.now += OLD_TOKEN_LIFE_MS - 1;
  await server.parts.sweeper.sweep();
  expect(server.parts.registry.isOnline(gateway.id)).toBe(true);
  server.clock.now += 1;
  await server.parts.sweeper.sweep();
  expect(await gateway.closed).toBe(4001);
  expect(await actions()).toEqual(['gateway.token', 'gateway.token-ended']);
  expect([await statusOf(gateway.token), await statusOf(token)]).toEqual([401, 101]);
});

test('between its end and the next sweep the old token opens nothing', async () => {
  await renew();
  server.clock.now += OLD_TOKEN_LIFE_MS;
  expect(await statusOf(gateway.token)).toBe(401);
});

test('a token that somebody else may have ends at once, with its channel', async () => {
  const token = await renew(true);
  await server.parts.sweeper.reconcile();
  expect(await gateway.closed).toBe(4001);
  expect([await statusOf(gateway.token), await statusOf(token)]).toEqual([401, 101]);
});

test('renewals one after the other give the old token no more time, and after it the next one ends it at once', async () => {
  await renew();
  const { token_ends_at: endsAt } = await row();
  server.clock.now += OLD_TOKEN_LIFE_MS - 1;
  await renew();
  expect((await row()).token_ends_at).toBe(endsAt);
  server.clock.now += 1;
  const token = await renew();
  expect([await statusOf(gateway.token), await statusOf(token)]).toEqual([401, 101]);
  expect(await row()).toMatchObject({ token_ends_at: null, next_token_hash: null });
});

test('a new token that was never used is worthless once there is a newer one', async () => {
  const [first, second] = [await renew(), await renew()];
  expect([await statusOf(first), await statusOf(second)]).toEqual([401, 101]);
});
