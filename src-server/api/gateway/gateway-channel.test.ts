import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { gatewayFeature } from '../../../src-shared/gateway-channel.ts';
import { HEALTH_ROWS_AN_HOUR } from '../../access/gateway/gateway-health.ts';
import { PanelClient } from '../../testing/panel-client.ts';
import { newWgKey, ScriptedClient, ScriptedGateway } from '../../testing/scripted-ends.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let owner: PanelClient;
let gateway: ScriptedGateway;
beforeEach(async () => {
  server = await startTestServer();
  owner = await PanelClient.of(server, 'owner');
  await server.setPolicy({ totpPriorConnection: false, mfaRequired: { panel: false, client: false } });
  gateway = await ScriptedGateway.create(server);
  await server.parts.sweeper.start();
});
afterEach(() => server.close());

const seen = async () => (await owner.get(`gateways/${gateway.id}`)).body.gateway;
const put = (change: object) => owner.call('PUT', `gateways/${gateway.id}`, change);
const rows = async () =>
  (await owner.get(`audit?subject=gateway:${gateway.id}`)).body.rows
    .filter(({ action }: { action: string }) => ['gateway.degrade', 'gateway.recover'].includes(action))
    .reverse();
const drop = { id: 'forwarding', detail: 'This host passes no packets on.', remedy: 'sysctl -w x=1' };
const full = { id: 'ports', detail: 'Port 443 is taken.', remedy: null };
const health = (...troubles: object[]) => gateway.send({ type: 'health', troubles });
const inPanel = (troubles: object[]) =>
  vi.waitFor(async () => expect((await seen()).hostTroubles).toEqual(troubles), { timeout: 10_000 });

/** A member's laptop, and how it connects. */
async function laptop() {
  const { sessionToken: token } = await server.signIn(await server.addMember());
  const wgPublicKey = newWgKey();
  const connect = async (features = ['control', 'alternate-ports']) => {
    const body = { gatewayId: gateway.id, wgPublicKey, helper: { version: '1.0.0', features } };
    const { body: answer } = await server.request('POST', '/client/v1/connections', { token, body });
    return JSON.parse(Buffer.from(answer.lease.split('.')[1], 'base64url').toString()).wg;
  };
  const me = async () => (await server.request('GET', '/client/v1/me', { token })).body;
  return { token, wgPublicKey, connect, me };
}

test('what an agent says of itself is kept while it is away and after a restart, as plain text', async () => {
  expect((await seen()).agent).toBe(null);
  gateway.agent = { version: '1.2.0\u001b[31m', features: ['health', 'from-the-future'] };
  await gateway.connect(server);
  const agent = { version: '1.2.0 [31m', features: ['health', 'from-the-future'] };
  expect((await seen()).agent).toEqual(agent);
  await gateway.disconnect();
  await server.restart();
  owner = await PanelClient.of(server, 'owner');
  expect(await seen()).toMatchObject({ agent, isOnline: false });
});

test('an agent hears what this server takes, and of ports and addresses only if it names them', async () => {
  await put({ alternatePorts: [443], subnet6: 'fd12:3456:789a::/64' });
  await gateway.connect(server);
  expect(gateway).toMatchObject({
    accepts: gatewayFeature.options,
    alternatePorts: [443],
    addresses: ['10.86.0.1/24', 'fd12:3456:789a::1/64'],
  });
  gateway.agent = { version: '0.9.0', features: ['health'] };
  await gateway.connect(server);
  expect(gateway).toMatchObject({ alternatePorts: undefined, addresses: undefined });
});

test('an agent of before, as it was recorded, serves connections with one family and one port', async () => {
  await put({ alternatePorts: [443], subnet6: 'fd12:3456:789a::/64' });
  gateway.agent = {};
  await gateway.connect(server);
  expect((await seen()).agent).toBe(null);
  const { connect, wgPublicKey } = await laptop();
  const wg = await connect();
  expect(wg.addresses).toEqual(['10.86.0.2/32']);
  expect(wg).not.toHaveProperty('alternatePorts');
  expect(gateway.peers.get(wgPublicKey)?.allowedIps).toEqual(['10.86.0.2/32']);
  // By its own clock, ten minutes behind: all that it says.
  const lastHandshakeAt = new Date(server.clock.now - 600_000).toISOString();
  const endpoint = '198.51.100.7:40000';
  gateway.send({
    type: 'stats',
    peers: [{ publicKey: wgPublicKey, lastHandshakeAt, rxBytes: 5, txBytes: 7, endpoint }],
  });
  await vi.waitFor(async () => {
    const [peer] = (await owner.get(`gateways/${gateway.id}`)).body.peers;
    expect(peer).toMatchObject({ lastHandshakeAt, rxBytes: 5, txBytes: 7, address6: null });
  });
  expect((await seen()).hostTroubles).toEqual([]);
});

test('an agent that learns more leaves connections outdated until renewed, and says so to their clients', async () => {
  await put({ alternatePorts: [443], subnet6: 'fd12:3456:789a::/64' });
  gateway.agent = {};
  await gateway.connect(server);
  const { connect, me, token } = await laptop();
  await connect();
  const client = await ScriptedClient.connect(server, token);
  expect((await me()).connection).toMatchObject({ isOutdated: false });
  gateway.agent = { version: '1.0.0', features: gatewayFeature.options };
  await gateway.connect(server);
  const isEdit = (frame: { type: string }): frame is never => 'isEdited' in frame;
  await client.frame(isEdit);
  expect((await me()).connection).toMatchObject({ isOutdated: true });
  expect(await connect()).toMatchObject({
    addresses: ['10.86.0.2/32', 'fd12:3456:789a::2/128'],
    alternatePorts: [443],
  });
  expect((await me()).connection).toMatchObject({ isOutdated: false });
  // The same agent again changes nothing.
  await gateway.connect(server);
  expect((await me()).connection).toMatchObject({ isOutdated: false });
  await client.close();
});

test('a second family comes with the renewal, is the peer’s too, and goes at once with its network', async () => {
  await gateway.connect(server);
  const { connect, wgPublicKey } = await laptop();
  const first = await laptop();
  await first.connect();
  expect((await connect()).addresses).toEqual(['10.86.0.3/32']);
  const added = await put({ subnet6: 'fd12:3456:789a::9/64' });
  expect(added).toMatchObject({
    status: 200,
    body: { gateway: { subnet6: 'fd12:3456:789a::/64' }, outdatedConnections: 2 },
  });
  await vi.waitFor(() => expect(gateway.addresses).toEqual(['10.86.0.1/24', 'fd12:3456:789a::1/64']));
  const both = ['10.86.0.3/32', 'fd12:3456:789a::3/128'];
  expect((await connect()).addresses).toEqual(both);
  expect(gateway.peers.get(wgPublicKey)?.allowedIps).toEqual(both);
  expect(gateway.peers.get(first.wgPublicKey)?.allowedIps).toEqual(['10.86.0.2/32']);
  expect((await owner.get(`gateways/${gateway.id}`)).body.peers[0]).toMatchObject({
    address: '10.86.0.3',
    address6: 'fd12:3456:789a::3',
  });
  const [begun] = (await owner.get('audit?action=lease.begin')).body.rows;
  expect(begun.details).toMatchObject({ address: '10.86.0.3', address6: 'fd12:3456:789a::3' });

  expect((await put({ subnet6: null })).body.outdatedConnections).toBe(2);
  await vi.waitFor(() => expect(gateway.addresses).toEqual(['10.86.0.1/24']));
  expect(gateway.peers.get(wgPublicKey)?.allowedIps).toEqual(['10.86.0.3/32']);
  expect((await connect()).addresses).toEqual(['10.86.0.3/32']);
});

test('what is wrong on its host is seen in panel, overview and client, and forgotten with its channel', async () => {
  await gateway.connect(server);
  const { token, me } = await laptop();
  const client = await ScriptedClient.connect(server, token);
  const troubleOf = async () => (await me()).gateways[0].trouble;
  expect(await troubleOf()).toBe(null);
  health(drop, full);
  await inPanel([drop, full]);
  expect(await troubleOf()).toBe('forwarding');
  const told = (trouble: string | null) =>
    client.frame(
      (frame): frame is never => frame.type === 'gateway' && !frame.isEdited && frame.trouble === trouble,
    );
  expect(await told('forwarding')).toMatchObject({ id: gateway.id, state: 'online' });
  const overview = (await owner.get('overview')).body;
  expect(overview.now).toMatchObject({ gatewaysOnline: 1, gatewaysDegraded: 1 });
  expect(overview.attention).toContainEqual({
    kind: 'gateway-degraded',
    gateway: { id: gateway.id, name: 'gw1' },
    detail: drop.detail,
  });
  const metrics = await server.request('GET', '/metrics');
  expect(metrics.body).toContain('postern_gateways_degraded 1');
  health(full);
  // Members do not feel that.
  await told(null);
  await inPanel([full]);
  await gateway.disconnect();
  await inPanel([]);
  expect(await troubleOf()).toBe(null);
  expect((await owner.get('overview')).body.now.gatewaysDegraded).toBe(0);
  expect(client.frames.at(-1)).toMatchObject({ type: 'gateway', state: 'offline', trouble: null });
  await client.close();
});

test('the audit log has when trouble begins and ends, across channels, and not each word about it', async () => {
  await gateway.connect(server);
  health();
  health(drop);
  await inPanel([drop]);
  health(drop, full);
  await inPanel([drop, full]);
  await gateway.disconnect();
  await gateway.connect(server);
  // What is known of its clock says nothing of the rest.
  const lastHandshakeAt = new Date(server.clock.now + 60_000).toISOString();
  const peer = { publicKey: newWgKey(), lastHandshakeAt, handshakeAgeMs: 0, rxBytes: 0, txBytes: 0 };
  gateway.send({ type: 'stats', peers: [{ ...peer, endpoint: null }] });
  await inPanel([expect.objectContaining({ id: 'clock' })]);
  expect(await rows()).toHaveLength(1);
  gateway.send({
    type: 'stats',
    peers: [{ ...peer, lastHandshakeAt: new Date(server.clock.now).toISOString(), endpoint: null }],
  });
  health(full);
  await inPanel([full]);
  // What is left stops no packet.
  expect(await rows()).toMatchObject([
    { action: 'gateway.degrade', details: { troubles: [{ id: 'forwarding', detail: drop.detail }] } },
    { action: 'gateway.recover', details: {} },
  ]);
  health();
  await inPanel([]);
  expect(await rows()).toHaveLength(2);
});

test('a host that flaps does not fill the audit log, which ends with how it is', async () => {
  await gateway.connect(server);
  // At once, they are one: what is acted on costs every client a word.
  for (let flap = 0; flap < 200; flap++) {
    health(drop);
    health();
  }
  await vi.waitFor(async () => expect(await rows()).toHaveLength(2), { timeout: 10_000 });
  for (let flap = 2; flap < HEALTH_ROWS_AN_HOUR; flap += 2) {
    health(drop);
    await inPanel([drop]);
    health();
    await inPanel([]);
  }
  expect(await rows()).toHaveLength(HEALTH_ROWS_AN_HOUR);
  health(drop);
  await inPanel([drop]);
  expect(await rows()).toHaveLength(HEALTH_ROWS_AN_HOUR);
  expect((await rows()).at(-1)).toMatchObject({ action: 'gateway.recover' });
  gateway.send({ type: 'stats', peers: [] });
  server.clock.now += 3_600_000;
  owner = await PanelClient.of(server, 'owner');
  gateway.send({ type: 'stats', peers: [] });
  await vi.waitFor(async () => expect((await rows()).at(-1)).toMatchObject({ action: 'gateway.degrade' }));
  expect(await rows()).toHaveLength(HEALTH_ROWS_AN_HOUR + 1);
});

test('what an agent says of its host is shown without what terminals and readers obey', async () => {
  await gateway.connect(server);
  health({ id: '\u0007', detail: 'a\u001b[31m\u202eb', remedy: 'one\ntwo' });
  await inPanel([{ id: 'unknown', detail: 'a [31m b', remedy: 'one two' }]);
});

test.each([
  ['an hour behind', -3_600_000, '60 min behind'],
  ['three minutes ahead', 180_000, '3 min ahead of'],
  ['right', 0, null],
])('a gateway whose clock is %s ends nothing for it, by the age of handshakes', async (_, ahead, named) => {
  await gateway.connect(server);
  const { connect, wgPublicKey } = await laptop();
  await connect();
  const report = (handshakeAgeMs: number) =>
    gateway.send({
      type: 'stats',
      peers: [
        {
          publicKey: wgPublicKey,
          handshakeAgeMs,
          lastHandshakeAt: new Date(server.clock.now - handshakeAgeMs + ahead).toISOString(),
          ...{ rxBytes: 1, txBytes: 1, endpoint: null },
        },
      ],
    });
  const peers = async () => (await owner.get(`gateways/${gateway.id}`)).body.peers;
  const lease = { idleSeconds: 180 };
  await server.setPolicy(lease);
  server.clock.now += 400_000;
  report(20_000);
  const at = new Date(server.clock.now - 20_000).toISOString();
  await vi.waitFor(async () => expect(await peers()).toMatchObject([{ lastHandshakeAt: at }]));
  await server.parts.sweeper.sweep();
  expect(await peers()).toHaveLength(1);
  await vi.waitFor(async () => {
    const clock = { id: 'clock', detail: expect.stringContaining(named ?? ''), remedy: expect.any(String) };
    expect((await seen()).hostTroubles).toEqual(named === null ? [] : [clock]);
  });
  // It keeps no packets back: nothing for members, nor for the audit log.
  const { me } = await laptop();
  expect((await me()).gateways[0].trouble).toBe(null);
  expect(await rows()).toEqual([]);

  report(181_000);
  await vi.waitFor(async () => {
    await server.parts.sweeper.sweep();
    expect(await peers()).toEqual([]);
  });
});
