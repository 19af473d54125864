import { afterEach, beforeEach, expect, test } from 'vitest';
import { policySchema } from '../../../../src-shared/policy.ts';
import { PanelClient } from '../../../testing/panel-client.ts';
import { newWgKey, ScriptedClient, ScriptedGateway } from '../../../testing/scripted-ends.ts';
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

const defaults = policySchema.parse({});
const save = (policy: unknown, version: number, by = owner) => by.call('PUT', 'policy', { policy, version });
async function connected() {
  const session = await server.signIn(await server.addMember());
  const body = { gatewayId: gateway.id, wgPublicKey: newWgKey() };
  const answer = await server.request('POST', '/client/v1/connections', {
    token: session.sessionToken,
    body,
  });
  expect(answer.status).toBe(201);
  return ScriptedClient.connect(server, session.sessionToken);
}

test('the policy comes with its version and who saved it', async () => {
  expect((await owner.get('policy')).body).toEqual({
    policy: defaults,
    version: 0,
    updatedAt: null,
    updatedBy: null,
  });
  const saved = await save({ ...defaults, maxConnectionSeconds: 3600 }, 0);
  expect(saved).toMatchObject({
    status: 200,
    body: {
      version: 1,
      policy: { maxConnectionSeconds: 3600 },
      updatedBy: expect.stringContaining(owner.member.email),
    },
  });
  expect((await owner.get('policy')).body).toEqual(saved.body);
});

test('of two administrators who save at once the second is told what the first saved, and nothing is lost', async () => {
  const other = await PanelClient.of(server, 'administrator');
  const [first, second] = await Promise.all([
    save({ ...defaults, maxConnectionSeconds: 3600 }, 0),
    save({ ...defaults, signInGraceSeconds: 0 }, 0, other),
  ]);
  const [won, lost] = first.status === 200 ? [first, second] : [second, first];
  expect(won.status).toBe(200);
  expect(lost).toMatchObject({ status: 409, body: { code: 'policy-changed', current: won.body } });
  expect((await owner.get('policy')).body).toEqual(won.body);
  expect((await save({ ...defaults, signInGraceSeconds: 0 }, won.body.version, other)).status).toBe(200);
  // A version from the future is as wrong as an old one.
  expect((await save(defaults, 99)).status).toBe(409);
});

test('before saving, whom it affects is said; tightening then takes the live tunnels away and tells the clients', async () => {
  await server.setPolicy({ totpPriorConnection: false, mfaRequired: { panel: false, client: false } });
  const clients = [await connected(), await connected()];
  await server.addMember({ withTotp: false });
  const { version } = (await owner.get('policy')).body;
  const preview = await owner.call('POST', 'policy/preview', { policy: defaults });
  expect(preview.body).toEqual({
    connected: 2,
    affected: 2,
    askedForCode: 2,
    askedForUnlock: 0,
    mustSetUpUnlock: 0,
    endSooner: 0,
    mustSetUpMfa: 1,
    isTightened: true,
    isGateOff: false,
    devices: 2,
    cannotGuard: [],
  });
  expect(gateway.peers.size).toBe(2);
  expect((await save(defaults, version)).status).toBe(200);
  expect(gateway.peers.size).toBe(0);
  for (const client of clients) {
    expect(await client.of('policy')).toMatchObject({ policy: { totpPriorConnection: true } });
    expect(await client.of('disconnect')).toMatchObject({
      reason: { code: 'policy-changed' },
      challenge: { requires: ['totp'] },
    });
    await client.close();
  }
});

test('loosening affects nobody; a gate that is off is said; a shorter longest connection ends some and shortens others', async () => {
  const client = await connected();
  const open = { ...defaults, totpPriorConnection: false };
  const off = await owner.call('POST', 'policy/preview', { policy: open });
  expect(off.body).toMatchObject({ connected: 1, affected: 0, isTightened: false, isGateOff: true });
  const shorter = { ...defaults, maxConnectionSeconds: 600 };
  const soon = await owner.call('POST', 'policy/preview', { policy: shorter });
  expect(soon.body).toMatchObject({ affected: 0, endSooner: 1 });
  server.clock.now += 600_000;
  const now = await owner.call('POST', 'policy/preview', { policy: shorter });
  expect(now.body).toMatchObject({ affected: 1, askedForCode: 1, endSooner: 0 });
  await client.close();
});

test('unlock: who has nothing set up is counted as such', async () => {
  const client = await connected();
  const policy = { ...defaults, unlockPriorConnection: true };
  expect((await owner.call('POST', 'policy/preview', { policy })).body).toMatchObject({
    affected: 1,
    askedForCode: 1,
    askedForUnlock: 0,
    mustSetUpUnlock: 1,
  });
  await client.close();
});

test('a policy that is not whole, has more than it should, or would let nobody in, is refused', async () => {
  const { idleSeconds: _, ...rest } = defaults;
  for (const policy of [
    rest,
    { ...defaults, colour: 'red' },
    { ...defaults, mfaRequired: { panel: true } },
    { ...defaults, unlockPriorConnection: true, unlockMethods: [] },
    { ...defaults, maxConnectionSeconds: 1 },
  ])
    expect((await save(policy, 0)).body.code).toBe('invalid-request');
  expect((await owner.get('policy')).body.version).toBe(0);
});
