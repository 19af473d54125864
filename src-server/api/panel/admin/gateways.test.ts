import { afterEach, beforeEach, expect, test } from 'vitest';
import { PanelClient } from '../../../testing/panel-client.ts';
import { newWgKey, ScriptedClient, ScriptedGateway } from '../../../testing/scripted-ends.ts';
import { startTestServer, type TestServer } from '../../../testing/test-server.ts';

let server: TestServer;
let owner: PanelClient;
beforeEach(async () => {
  server = await startTestServer();
  owner = await PanelClient.of(server, 'owner');
});
afterEach(() => server.close());

test('a new gateway comes with an install line; its token is shown once and kept as a hash', async () => {
  const added = await owner.call('POST', 'gateways', {
    name: 'main',
    subnet: '10.99.0.7/24',
    dns: ['10.99.0.1'],
  });
  expect(added).toMatchObject({
    status: 201,
    body: {
      gateway: {
        name: 'main',
        subnet: '10.99.0.0/24',
        allowedIps: ['0.0.0.0/0', '::/0'],
        isOnline: false,
        lastSeenAt: null,
        connections: 0,
      },
    },
  });
  const { gateway, token, installLine } = added.body;
  expect(installLine).toBe(
    `postern-gateway install --server https://vpn.test.example --gateway ${gateway.id} --token ${token} --address 10.99.0.1/24 --mtu 1420 --endpoint ADDRESS:51820`,
  );
  const again = JSON.stringify((await owner.get('gateways')).body);
  expect(again).toContain(gateway.id);
  expect(again).not.toContain(token);
  const rows = await server.ctx.database.db.selectFrom('audit').selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(token);
  expect(server.logLines.join('')).not.toContain(token);
});

test.each([
  [{ subnet: '10.99.0.0/31' }, 'no room'],
  [{ name: 'gw1' }, 'already'],
  [{ subnet: 'ten' }, 'subnet'],
  [{ allowedIps: [] }, 'allowedIps'],
  [{ allowedIps: Array.from({ length: 65 }, (_, at) => `10.0.${at}.0/24`) }, 'allowedIps'],
  [{ mtu: 100 }, 'mtu'],
  [{ colour: 'red' }, 'colour'],
])('a gateway with %j is refused', async (change, why) => {
  await ScriptedGateway.create(server);
  const body = { name: 'main', subnet: '10.99.0.0/24', ...change };
  const answer = await owner.call('POST', 'gateways', body);
  expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining(why) } });
});

test('peers and traffic are seen; a gateway that is removed loses its peers, its channel and its token', async () => {
  const gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  const member = await server.addMember();
  const session = await server.signIn(member);
  const body = { gatewayId: gateway.id, wgPublicKey: newWgKey() };
  await server.request('POST', '/client/v1/connections', { token: session.sessionToken, body });
  const client = await ScriptedClient.connect(server, session.sessionToken);
  await server.ctx.database.db.updateTable('lease').set({ rx_bytes: 5, tx_bytes: 7 }).execute();
  const seen = await owner.get(`gateways/${gateway.id}`);
  expect(seen.body).toMatchObject({
    gateway: { isOnline: true, connections: 1, rxBytes: 5, txBytes: 7 },
    peers: [{ memberId: member.id, deviceName: 'Laptop', publicKey: body.wgPublicKey, rxBytes: 5 }],
    nextCursor: null,
  });
  const removed = await owner.call('DELETE', `gateways/${gateway.id}`);
  expect(removed).toMatchObject({ status: 200, body: { endedConnections: 1 } });
  expect(gateway.peers.size).toBe(0);
  expect(await client.of('disconnect')).toMatchObject({ reason: { code: 'gateway-removed' } });
  await client.close();
  expect((await owner.get(`gateways/${gateway.id}`)).body.code).toBe('gateway-not-found');
  expect((await owner.call('DELETE', `gateways/${gateway.id}`)).status).toBe(404);
  await expect(gateway.connect(server)).rejects.toThrow('401');
});
