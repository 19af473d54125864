import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ServerFrame } from '../../../src-shared/client-channel.ts';
import { guardingHelper, guardOf } from '../../testing/guards.ts';
import { PanelClient } from '../../testing/panel-client.ts';
import { newWgKey, ScriptedClient, ScriptedGateway } from '../../testing/scripted-ends.ts';
import { TestDevice } from '../../testing/test-device.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let gateway: ScriptedGateway;
let member: TestMember;
let device: TestDevice;
beforeEach(async () => {
  server = await startTestServer({ config: { publicAddresses: ['203.0.113.5:443'] } });
  gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  await server.setPolicy({ totpPriorConnection: false, trafficWhileWaiting: 'always' });
  member = await server.addMember();
  device = await TestDevice.signIn(server, member);
});
afterEach(async () => {
  await gateway.disconnect();
  await server.close();
});

/** The `seq` of the guard that comes with the connection. */
async function connected(): Promise<number> {
  const body = { gatewayId: gateway.id, wgPublicKey: newWgKey(), helper: guardingHelper };
  const answer = await device.call('POST', 'connections', body);
  return guardOf(answer.body.guard).seq;
}
/** With a channel that has resumed: from then on frames go out on it. */
async function online(): Promise<ScriptedClient> {
  const { sessionToken, deviceId } = device.session;
  const client = await ScriptedClient.connect(server, sessionToken);
  const sentSeq = () => server.parts.hub.open().find((open) => open.deviceId === deviceId)?.sentSeq;
  await expect.poll(sentSeq).toBeGreaterThanOrEqual(0);
  return client;
}
const stored = ({ frames }: { frames: readonly ServerFrame[] }) =>
  frames.filter((frame) => 'seq' in frame && frame.type !== 'hello').map(({ type }) => type);
const released = (token: string, after: number) => {
  const { mode, seq } = guardOf(token);
  expect(mode).toBe('off');
  expect(seq).toBeGreaterThan(after);
};

test('signing out frees a device that was ever given a guard, and no other', async () => {
  expect(await device.call('POST', 'sign-out')).toMatchObject({ status: 204, body: '' });
  device = await TestDevice.signIn(server, member);
  const seq = await connected();
  const answer = await device.call('POST', 'sign-out');
  expect(answer.status).toBe(200);
  released(answer.body.guard, seq);
});

test('the end of an older session frees nothing while the device is signed in anew', async () => {
  await connected();
  const { publicKey, session } = device;
  server.clock.now += 1000;
  await server.signIn(member, { id: session.deviceId, publicKey });
  expect((await device.call('POST', 'sign-out')).status).toBe(204);
});

test('a device that removes itself is freed by the answer and by its channel', async () => {
  const seq = await connected();
  const client = await online();
  const answer = await device.call('DELETE', `devices/${device.session.deviceId}`);
  expect(answer.status).toBe(200);
  released(answer.body.guard, seq);
  expect(await client.closed).toBe(4001);
  expect(stored(client)).toEqual(['guard', 'signed-out']);
});

test('a device that another one removes is freed by its channel before it hears that it is gone', async () => {
  const seq = await connected();
  const client = await online();
  const other = await TestDevice.signIn(server, member);
  expect((await other.call('DELETE', `devices/${device.session.deviceId}`)).status).toBe(204);
  expect(await client.closed).toBe(4001);
  expect(stored(client)).toEqual(['guard', 'signed-out']);
  released((await client.of('guard')).guard, seq);
});

test.each<[string, () => Promise<unknown>]>([
  [
    'in the Control Panel',
    async () => (await PanelClient.of(server, 'owner')).call('DELETE', `members/${member.id}`),
  ],
  [
    'by a token',
    async () => {
      const token = await server.addApiToken(['members:write']);
      return server.request('DELETE', `/api/v1/member/${member.id}`, { token });
    },
  ],
])('the devices of a member who is removed %s are freed too', async (_, remove) => {
  const seq = await connected();
  const client = await online();
  await remove();
  expect(await client.closed).toBe(4001);
  expect(stored(client)).toEqual(['guard', 'signed-out']);
  released((await client.of('guard')).guard, seq);
});

test('a block frees nothing', async () => {
  await connected();
  const client = await online();
  await (await PanelClient.of(server, 'owner')).call('POST', `members/${member.id}/block`);
  expect(await client.closed).toBe(4001);
  expect(stored(client)).toEqual(['signed-out']);
});
