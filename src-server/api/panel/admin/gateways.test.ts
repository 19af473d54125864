import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ServerFrame } from '../../../../src-shared/client-channel.ts';
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
    `echo ${token} | postern-gateway install --server https://vpn.test.example --gateway ${gateway.id} --address 10.99.0.1/24 --mtu 1420 --services udp/53,tcp/53 --endpoint ADDRESS:51820`,
  );
  const again = JSON.stringify((await owner.get('gateways')).body);
  expect(again).toContain(gateway.id);
  expect(again).not.toContain(token);
  const rows = await server.ctx.database.db.selectFrom('audit').selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(token);
  expect(server.logLines.join('')).not.toContain(token);
});

test('an edit reaches the gateway and the clients at once, and a lease with its renewal', async () => {
  await server.setPolicy({ totpPriorConnection: false, mfaRequired: { panel: false, client: false } });
  const gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  await server.parts.sweeper.start();
  const session = await server.signIn(await server.addMember());
  const token = session.sessionToken;
  const body = { gatewayId: gateway.id, wgPublicKey: newWgKey() };
  const connect = () => server.request('POST', '/client/v1/connections', { token, body });
  const me = async () => (await server.request('GET', '/client/v1/me', { token })).body;
  await connect();
  const client = await ScriptedClient.connect(server, token);
  expect((await me()).connection).toMatchObject({ isOutdated: false });

  const change = { name: 'Oslo', allowedIps: ['10.1.0.0/16', '10.2.0.0/16'], dns: ['10.1.0.53'], mtu: 1300 };
  const edited = await owner.call('PUT', `gateways/${gateway.id}`, change);
  expect(edited).toMatchObject({ status: 200, body: { gateway: change, outdatedConnections: 1 } });
  expect(await client.of('gateway')).toMatchObject({ id: gateway.id, state: 'online', isEdited: true });
  await vi.waitFor(() => expect(gateway.networks).toEqual(change.allowedIps));
  expect([...gateway.peers.keys()]).toEqual([body.wgPublicKey]);
  expect(await me()).toMatchObject({ gateways: [{ name: 'Oslo' }], connection: { isOutdated: true } });
  const { lease } = (await connect()).body;
  const claims = JSON.parse(Buffer.from(lease.split('.')[1], 'base64url').toString());
  expect(claims.wg).toMatchObject({ allowedIps: change.allowedIps, dns: change.dns, mtu: 1300 });
  expect((await me()).connection).toMatchObject({ isOutdated: false });

  const [row] = (await owner.get('audit?action=gateway.edit')).body.rows;
  expect(row).toMatchObject({
    subject: `gateway:${gateway.id}`,
    details: { name: { from: 'gw1', to: 'Oslo' }, mtu: { from: 1420, to: 1300 } },
  });
  await client.close();
});

test('a gateway with both families keeps the IPv6 network in its short form, and the record says so', async () => {
  const body = { name: 'main', subnet: '10.99.0.0/24', subnet6: 'fd12:3456:789a:0:0::7/64' };
  const { gateway, installLine } = (await owner.call('POST', 'gateways', body)).body;
  expect(gateway.subnet6).toBe('fd12:3456:789a::/64');
  expect(installLine).toContain('--address 10.99.0.1/24 ');
  const [row] = (await owner.get('audit?action=gateway.add')).body.rows;
  expect(row.details).toMatchObject({ subnet: '10.99.0.0/24', subnet6: 'fd12:3456:789a::/64' });
  const put = (change: object) => owner.call('PUT', `gateways/${gateway.id}`, change);
  expect((await put({ mtu: 1300 })).body.gateway.subnet6).toBe('fd12:3456:789a::/64');
  expect((await put({ subnet6: null })).body.gateway.subnet6).toBe(null);
});

test('a domain that is named twice is kept once', async () => {
  const names = { dnsDomains: ['corp.example', 'lab.example', 'corp.example'], dnsSearch: ['a.b', 'a.b'] };
  const body = { name: 'main', subnet: '10.99.0.0/24', dns: ['10.99.0.1'], ...names, alternatePorts: [443] };
  const { gateway } = (await owner.call('POST', 'gateways', body)).body;
  expect(gateway).toMatchObject({
    dnsDomains: ['corp.example', 'lab.example'],
    dnsSearch: ['a.b'],
    alternatePorts: [443],
  });
});

test('further ports reach the agent at once, and names and ports a lease with its renewal, as its helper knows them', async () => {
  await server.setPolicy({ totpPriorConnection: false, mfaRequired: { panel: false, client: false } });
  const gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  expect(gateway.alternatePorts).toEqual([]);
  await server.parts.sweeper.start();
  const { sessionToken: token } = await server.signIn(await server.addMember());
  const body = { gatewayId: gateway.id, wgPublicKey: newWgKey() };
  const connect = async (features: string[]) => {
    const helper = { version: '1.0.0', features };
    const answer = await server.request('POST', '/client/v1/connections', {
      token,
      body: { ...body, helper },
    });
    return JSON.parse(Buffer.from(answer.body.lease.split('.')[1], 'base64url').toString()).wg;
  };
  const able = ['control', 'dns-domains', 'alternate-ports'];
  const before = await connect(able);
  expect(before.dns).toEqual([]);
  expect(before).not.toHaveProperty('alternatePorts');

  const names = { dns: ['10.214.0.53'], dnsDomains: ['corp.example'], dnsSearch: ['corp.example'] };
  const change = { ...names, alternatePorts: [443, 53] };
  const edited = await owner.call('PUT', `gateways/${gateway.id}`, change);
  expect(edited).toMatchObject({ status: 200, body: { gateway: change, outdatedConnections: 1 } });
  await vi.waitFor(() => expect(gateway.alternatePorts).toEqual([443, 53]));
  const { servers, domains, search } = (await connect(able)).dns;
  expect({ servers, domains, search }).toEqual({
    servers: names.dns,
    domains: names.dnsDomains,
    search: names.dnsSearch,
  });
  expect((await connect(able)).alternatePorts).toEqual([443, 53]);
  const old = await connect(['control']);
  expect(old.dns).toEqual(names.dns);
  expect(old).not.toHaveProperty('alternatePorts');

  await owner.call('PUT', `gateways/${gateway.id}`, { alternatePorts: [] });
  await vi.waitFor(() => expect(gateway.alternatePorts).toEqual([]));
  expect(await connect(able)).not.toHaveProperty('alternatePorts');
});

test("the gateway's own port is refused as a further one, once its agent has come with it", async () => {
  const gateway = await ScriptedGateway.create(server);
  const put = (change: object) => owner.call('PUT', `gateways/${gateway.id}`, change);
  expect((await put({ alternatePorts: [51_820, 443] })).status).toBe(200);
  await gateway.connect(server);
  expect(gateway.alternatePorts).toEqual([443]);
  const refused = await put({ alternatePorts: [443, 51_820] });
  const detail = "alternatePorts: 51820 is the gateway's own port";
  expect(refused).toMatchObject({ status: 400, body: { detail } });
  // What was there before keeps nobody from changing something else.
  expect((await put({ mtu: 1300 })).status).toBe(200);
});

test('an edit by another process is told, too, and only once', async () => {
  const gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  const { sweeper } = server.parts;
  await sweeper.start();
  const syncs = () => gateway.orders.filter((order) => order === 'sync').length;
  expect(syncs()).toBe(1);
  await server.ctx.database.db
    .updateTable('gateway')
    .set({ allowed_ips_json: '["10.3.0.0/16"]', settings_at: 5 })
    .execute();
  await sweeper.reconcile();
  await vi.waitFor(() => expect(gateway.networks).toEqual(['10.3.0.0/16']));
  await sweeper.reconcile();
  await vi.waitFor(() => expect(server.parts.registry.isOnline(gateway.id)).toBe(true));
  expect(syncs()).toBe(2);
});

test('an edit that changes nothing, or the name alone, leaves connections as they are', async () => {
  const gateway = await ScriptedGateway.create(server);
  const put = (change: object) => owner.call('PUT', `gateways/${gateway.id}`, change);
  const before = gateway.id;
  expect(await put({ mtu: 1420, dns: [] })).toMatchObject({ status: 200 });
  expect(await put({ name: 'Oslo' })).toMatchObject({ body: { gateway: { id: before, name: 'Oslo' } } });
  const row = await server.ctx.database.db.selectFrom('gateway').selectAll().executeTakeFirstOrThrow();
  expect(row.settings_at).toBe(0);
  expect((await owner.get('audit?action=gateway.edit')).body.rows).toHaveLength(1);
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
  const disconnect = await client.of('disconnect');
  expect(disconnect).toMatchObject({ reason: { code: 'gateway-removed' } });
  // A code leads nowhere there, and who has lost the gateway looks for another.
  expect(disconnect.challenge).toBeUndefined();
  const gone = (frame: ServerFrame) => frame.type === 'gateway' && frame.isEdited === true;
  await vi.waitFor(() => expect(client.frames.some(gone)).toBe(true));
  await client.close();
  expect((await owner.get(`gateways/${gateway.id}`)).body.code).toBe('gateway-not-found');
  expect((await owner.call('DELETE', `gateways/${gateway.id}`)).status).toBe(404);
  await expect(gateway.connect(server)).rejects.toThrow('401');
});

test('a new token is shown once, waits beside the old one, and ends the old one at once where that is asked', async () => {
  const gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  const made = await owner.call('POST', `gateways/${gateway.id}/token`, {});
  expect(made).toMatchObject({
    status: 201,
    body: { gateway: { isOnline: true, token: { next: { oldEndsAt: expect.any(String) } } } },
  });
  expect(made.body.tokenLine).toBe(`echo ${made.body.token} | postern-gateway set-token`);
  const renewed = ScriptedGateway.withToken(gateway, made.body.token);
  await renewed.connect(server);
  const seen = await owner.get(`gateways/${gateway.id}`);
  expect(seen.body.gateway.token).toEqual({ madeAt: expect.any(String), next: null });
  expect(JSON.stringify(seen.body)).not.toContain(made.body.token);
  await owner.call('POST', `gateways/${gateway.id}/token`, { endsOldNow: true });
  expect(await renewed.closed).toBe(4001);
  const missing = await owner.call('POST', 'gateways/01a1ffbd-8da2-7710-bc82-16adeaf130c7/token', {});
  expect(missing).toMatchObject({ status: 404, body: { code: 'gateway-not-found' } });
});
