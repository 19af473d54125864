import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lockDatabase } from '../../db/database-lock.ts';
import { newWgKey, ScriptedClient, ScriptedGateway } from '../../testing/scripted-ends.ts';
import { serverCommand } from '../../testing/server-command.ts';
import { TestDevice } from '../../testing/test-device.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let gateway: ScriptedGateway;
let member: TestMember;
let device: TestDevice;
let client: ScriptedClient;
let run: ReturnType<typeof serverCommand>;
let release: () => void;
beforeEach(async () => {
  server = await startTestServer();
  run = serverCommand(server);
  gateway = await ScriptedGateway.create(server);
  await gateway.connect(server);
  await server.setPolicy({ totpPriorConnection: true });
  await server.addMember({ role: 'owner' });
  member = await server.addMember();
  device = await TestDevice.signIn(server, member);
  client = await ScriptedClient.connect(server, device.session.sessionToken);
  const lock = lockDatabase(server.ctx.config.databaseFile);
  if (!lock) throw new Error('the database is locked');
  let isHeld = true;
  release = () => {
    if (isHeld) lock.release();
    isHeld = false;
  };
  await server.parts.sweeper.start();
});
afterEach(async () => {
  release();
  await client.close();
  await gateway.disconnect();
  await server.close();
});

/** The grace of the sign-in lets the first connection in. */
async function connect(): Promise<void> {
  const answer = await device.call('POST', 'connections', { gatewayId: gateway.id, wgPublicKey: newWgKey() });
  expect(answer.status).toBe(201);
  expect(gateway.peers.size).toBe(1);
}

test('a disconnect reaches gateway and client before the command ends, and the next connection is gated', async () => {
  await connect();
  const { stdout, status } = await run(
    ...['member', 'disconnect', member.email, '--reason', 'x'.repeat(300), '--incident', 'SOC-1', '--json'],
  );
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ id: member.id, endedConnections: 1, enforced: true },
  });
  expect(gateway.peers.size).toBe(0);
  const { reason, challenge } = await client.of('disconnect');
  expect(reason).toMatchObject({ code: 'administrator', message: 'x'.repeat(200), incidentId: 'SOC-1' });
  expect(challenge).toBeDefined();
  const again = await device.call('POST', 'connections', { gatewayId: gateway.id, wgPublicKey: newWgKey() });
  expect(again).toMatchObject({ status: 401, body: { code: 'step-up-required' } });
});

test('a client that acknowledges counts as notified, one that is away as offline', async () => {
  await connect();
  const kicked = run('member', 'disconnect', member.id, '--json');
  const { seq } = await client.of('disconnect');
  client.send({ type: 'ack', seq });
  expect(JSON.parse((await kicked).stdout)).toMatchObject({ notified: 1, offline: 0 });
});

test('without a server the end is recorded, and the command says so', async () => {
  await connect();
  await server.parts.sweeper.stop();
  release();
  const { stdout } = await run('member', 'disconnect', 'Member 2');
  expect(stdout).toContain('One connection ended in the record. No server runs here');
  expect(gateway.peers.size).toBe(1);
  await server.parts.sweeper.hearOthers();
  await vi.waitFor(() => expect(gateway.peers.size).toBe(0));
});

test('a gateway that does not confirm is named as not enforced', async () => {
  await connect();
  gateway.isConfirming = false;
  const { stdout } = await run('member', 'disconnect', member.email);
  expect(stdout).toContain('A gateway has not confirmed it yet');
}, 10_000);

test('a warning goes with the kick where the next connection is not gated', async () => {
  await server.setPolicy({ totpPriorConnection: false });
  const { stdout, stderr } = await run('member', 'disconnect', member.email);
  expect(stdout).toContain('Nothing was connected.');
  expect(stderr).toMatch(/gate|challenge/i);
});

test('removal asks, says what it ends, and takes member, connection and session at once', async () => {
  await connect();
  const asked = await run('member', 'remove', member.email);
  expect(asked).toMatchObject({ status: 1, stdout: '' });
  expect(asked.stderr).toContain('a connection ends now');
  expect(asked.stderr).toContain('--yes');
  const { stdout } = await run('member', 'remove', member.email, '--yes', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ endedConnections: 1, enforced: true });
  expect(await client.closed).toBe(4001);
  expect(await run('member', 'show', member.email, '--json')).toMatchObject({ status: 1 });
});

test('the last owner stays', async () => {
  const { stdout, status } = await run('member', 'remove', 'Member 1', '--yes', '--json');
  expect([status, JSON.parse(stdout).code]).toEqual([1, 'last-owner']);
});
