import { afterEach, beforeEach, expect, test } from 'vitest';
import { PanelClient } from '../../../testing/panel-client.ts';
import { newWgKey, ScriptedGateway } from '../../../testing/scripted-ends.ts';
import { startTestServer, type TestServer } from '../../../testing/test-server.ts';

let server: TestServer;
let gateway: ScriptedGateway;
let owner: PanelClient;
beforeEach(async () => {
  server = await startTestServer();
  gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  owner = await PanelClient.of(server, 'owner');
});
afterEach(async () => {
  await gateway.disconnect();
  await server.close();
});

const kinds = async () =>
  (await owner.get('overview')).body.attention.map(({ kind }: { kind: string }) => kind);

test('who is connected, and what happened in the hour it happened', async () => {
  const member = await server.addMember();
  const session = await server.signIn(member);
  const body = { gatewayId: gateway.id, wgPublicKey: newWgKey() };
  await server.request('POST', '/client/v1/connections', { token: session.sessionToken, body });
  const first = (await owner.get('overview')).body;
  expect(first).toMatchObject({
    range: '24h',
    now: { connected: 1, members: 2, gatewaysOnline: 1, gateways: 1 },
    connections: [{ memberId: member.id, gatewayName: 'gw1', deviceName: 'Laptop' }],
    bucketSeconds: 3600,
  });
  expect(first.series).toHaveLength(24);
  await owner.call('POST', `members/${member.id}/disconnect`, {});
  await server.request('POST', '/client/v1/sign-in', {
    body: { ...server.signInBody(member), password: 'wrong' },
  });
  for (const [range, buckets] of [
    ['24h', 24],
    ['7d', 28],
    ['30d', 30],
  ] as const) {
    const { series, now } = (await owner.get(`overview?range=${range}`)).body;
    expect(now.connected).toBe(0);
    expect(series).toHaveLength(buckets);
    // Two sign-ins with a code: the owner's and the member's.
    expect(series.at(-1)).toMatchObject({ disconnects: 1, stepUps: 2, refusals: 1 });
    expect(Date.parse(series.at(-1).from)).toBeLessThanOrEqual(server.clock.now);
    expect(series[0]).toMatchObject({ disconnects: 0, stepUps: 0, refusals: 0 });
  }
  expect((await owner.get('overview?range=1y')).status).toBe(400);
});

test('what needs attention: gateways, gates, factors, tokens, mail, resets', async () => {
  expect(await kinds()).toEqual(['mail-not-configured']);
  await gateway.disconnect();
  const bare = await server.addMember({ withTotp: false });
  const locked = await server.addMember();
  const { db } = server.ctx.database;
  await db.updateTable('factor').set({ is_disabled: 1 }).where('member_id', '=', locked.id).execute();
  await server.addApiToken(['logs:read'], { expiresDays: 13 });
  await server.addApiToken(['logs:read'], { expiresDays: 15 });
  await expect.poll(kinds).toContain('gateway-offline');
  const { attention } = (await owner.get('overview')).body;
  expect(attention).toMatchObject([
    { kind: 'gateway-offline', gateway: { id: gateway.id, name: 'gw1' } },
    { kind: 'members-without-mfa', count: 1, members: [{ id: bare.id }] },
    { kind: 'factor-disabled', count: 1, members: [{ id: locked.id }] },
    { kind: 'token-expiring' },
    { kind: 'mail-not-configured' },
  ]);
  await server.setPolicy({ totpPriorConnection: false, mfaRequired: { panel: false, client: false } });
  expect(await kinds()).toContain('no-gate');
  expect(await kinds()).not.toContain('members-without-mfa');
});
