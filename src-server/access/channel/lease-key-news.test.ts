import { afterEach, beforeEach, expect, test } from 'vitest';
import { LEASE_KEY_LIFE_SECONDS, LEASE_KEY_TYPE, leaseKeyClaims } from '../../../src-shared/lease-key.ts';
import { noteLeaseKeyStep } from '../../db/lease-key-rotation.ts';
import { readToken } from '../../keys/signed-token.ts';
import { leaseKeyHolders } from '../../rotation/lease-key-holders.ts';
import { ScriptedClient } from '../../testing/scripted-ends.ts';
import { TestDevice } from '../../testing/test-device.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

const NEXT = 'N'.repeat(43);
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

const note = (nextPublicKey: string | null = NEXT) =>
  server.ctx.database.db
    .transaction()
    .execute((tx) => noteLeaseKeyStep(tx, { now: server.clock.now, nextPublicKey, nextKeyFile: null }));
const words = (of = client) => of.frames.filter((frame) => frame.type === 'lease-key');
const tell = (step: number | null, from = client) => from.send({ type: 'lease-key', step });
let turns = 0;
/** What the client has sent is dealt with, and what the server has sent has come. */
const settled = async (of = client, id = device.session.deviceId) => {
  turns += 1;
  of.send({ type: 'status', phase: `turn ${turns}` });
  const phase = () => server.parts.hub.open().find(({ deviceId }) => deviceId === id)?.phase;
  await expect.poll(phase).toBe(`turn ${turns}`);
  const ping = turns;
  server.parts.hub.broadcast({ type: 'ping', t: ping });
  await expect.poll(() => of.frames.some((frame) => frame.type === 'ping' && frame.t === ping)).toBe(true);
};
const held = async () =>
  (await server.ctx.database.db.selectFrom('device_lease_key').selectAll().execute()).map(({ step }) => step);

test('a client that asks is told which key is next, signed by the present one, and for a day', async () => {
  const step = await note();
  tell(null);
  const word = await client.of('lease-key');
  expect(word.step).toBe(step);
  const iat = Math.floor(server.clock.now / 1000);
  expect(leaseKeyClaims.parse(await readToken(server.ctx.keys, LEASE_KEY_TYPE, word.statement))).toEqual({
    ...{ iss: 'https://vpn.test.example', aud: 'postern-helper', step, next: NEXT },
    ...{ iat, exp: iat + LEASE_KEY_LIFE_SECONDS },
  });
});

test('without any rotation there is nothing to tell, and who does not ask is told nothing', async () => {
  tell(null);
  await server.parts.leaseKeys.look();
  await settled();
  expect(words()).toEqual([]);
  const other = await TestDevice.signIn(server, await server.addMember());
  const older = await ScriptedClient.connect(server, other.session.sessionToken);
  await note();
  await server.parts.leaseKeys.look();
  await client.of('lease-key');
  await settled(older, other.session.deviceId);
  expect(words(older)).toEqual([]);
  await older.close();
});

test('an open channel hears of each step once', async () => {
  tell(null);
  await settled();
  const begun = await note();
  await server.parts.leaseKeys.look();
  await server.parts.leaseKeys.look();
  const takenBack = await note(null);
  expect(takenBack).toBeGreaterThan(begun);
  await server.parts.leaseKeys.look();
  await settled();
  expect(words().map(({ step }) => step)).toEqual([begun, takenBack]);
  await client.close();
  await note();
  await server.parts.leaseKeys.look();
  client = await ScriptedClient.connect(server, device.session.sessionToken);
});

test('a device has the newest word when it says so, and no other', async () => {
  const begun = await note();
  const { db } = server.ctx.database;
  const rotation = { step: begun, begunAt: server.clock.now, nextPublicKey: NEXT, nextKeyFile: null };
  tell(begun - 1);
  tell(begun + 1);
  await expect
    .poll(() => leaseKeyHolders(db, rotation))
    .toMatchObject({ devices: 1, have: 0, seenWithout: 1 });
  expect(await held()).toEqual([]);
  tell(begun);
  tell(begun);
  await expect.poll(held).toEqual([begun]);
  expect(await leaseKeyHolders(db, rotation)).toMatchObject({ devices: 1, have: 1, without: [] });
  const later = await note('M'.repeat(43));
  expect(await leaseKeyHolders(db, { ...rotation, step: later })).toMatchObject({
    have: 0,
    without: [{ deviceId: device.session.deviceId, device: 'Laptop', member: 'member1@test.example' }],
  });
});

test('what is no step ends the channel', async () => {
  client.send({ type: 'lease-key', step: 0 });
  expect(await client.closed).toBe(4003);
});
