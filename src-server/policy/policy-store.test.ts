import { afterEach, beforeEach, expect, test } from 'vitest';
import { newWgKey, ScriptedGateway } from '../testing/scripted-ends.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

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
