import { afterEach, beforeEach, expect, test } from 'vitest';
import { ScriptedClient } from '../../testing/scripted-ends.ts';
import { auditOf, TestDevice } from '../../testing/test-device.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let device: TestDevice;
let client: ScriptedClient;
beforeEach(async () => {
  server = await startTestServer();
  device = await TestDevice.signIn(server, await server.addMember());
  client = await ScriptedClient.connect(server, device.session.sessionToken);
});
afterEach(async () => {
  await client.close();
  await server.close();
});

const at = (seconds: number) => new Date(server.clock.now + seconds * 1000).toISOString();
const tell = (...events: { at: string; kind: string }[]) => client.send({ type: 'guard', events });
const opened = () => auditOf(server, 'guard.portal-opened');
const released = () => auditOf(server, 'guard.released');

test('portal windows and releases are in the audit log once, however often they are told', async () => {
  const events = [
    { at: at(1), kind: 'portal-opened' },
    { at: at(2), kind: 'released-by-user' },
    { at: at(3), kind: 'released-by-root' },
  ];
  tell(...events);
  tell(...events);
  tell(...events.slice(1), { at: at(4), kind: 'portal-opened' });
  await expect.poll(opened).toHaveLength(2);
  const subject = `device:${device.session.deviceId}`;
  expect(await opened()).toMatchObject([
    { subject, at: at(1) },
    { subject, at: at(4) },
  ]);
  expect(await released()).toMatchObject([
    { subject, outcome: 'ok', by: 'user', at: at(2) },
    { subject, outcome: 'ok', by: 'root', at: at(3) },
  ]);
  expect((await device.row()).guard_event_at).toBe(Date.parse(at(4)));
});

test('what is from before the device, or from the future, is not believed', async () => {
  tell(
    { at: at(-3600), kind: 'released-by-root' },
    { at: at(301), kind: 'released-by-root' },
    { at: at(300), kind: 'portal-opened' },
  );
  await expect.poll(opened).toMatchObject([{ at: at(300) }]);
  expect(await released()).toEqual([]);
});

test('a frame without events, or with more than a helper keeps, is none', async () => {
  tell(...Array.from({ length: 17 }, (_, index) => ({ at: at(index), kind: 'portal-opened' })));
  expect(await client.closed).toBe(4003);
});

test('a client that makes them up fills no log: no more in an hour than a helper keeps', async () => {
  const many = (from: number) =>
    Array.from({ length: 16 }, (_, index) => ({ at: at(from + index), kind: 'portal-opened' }));
  tell(...many(0));
  tell(...many(20));
  tell({ at: at(60), kind: 'released-by-root' });
  await expect.poll(opened).toHaveLength(16);
  expect(await released()).toEqual([]);
  server.clock.now += 3_600_000;
  tell({ at: at(0), kind: 'released-by-root' });
  await expect.poll(released).toHaveLength(1);
});
