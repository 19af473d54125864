import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withBusyPool } from '../../testing/busy-pool.ts';
import { ScriptedGateway } from '../../testing/scripted-ends.ts';
import { TestDevice } from '../../testing/test-device.ts';
import { type HttpAnswer, startTestServer, type TestServer } from '../../testing/test-server.ts';

const PIN = '482913';

describe('while every thread of the pool is busy', () => {
  let server: TestServer;
  let gateway: ScriptedGateway;
  let device: TestDevice;
  let apiToken: string;
  beforeEach(async () => {
    server = await startTestServer();
    gateway = await ScriptedGateway.create(server);
    await gateway.connect(server);
    await server.setPolicy({ totpPriorConnection: false, unlockPriorConnection: true });
    device = await TestDevice.signIn(server, await server.addMember());
    apiToken = await server.addApiToken(['members:disconnect']);
  });
  afterEach(async () => {
    await gateway.disconnect();
    await server.close();
  });

  const kick = (memberId: string) =>
    server.request('POST', `/api/v1/member/${memberId}/disconnect`, { token: apiToken });

  /** Somebody else is disconnected while `call` waits for the pool. */
  const besides = async (call: () => Promise<HttpAnswer>): Promise<HttpAnswer> => {
    const other = await server.addMember();
    return withBusyPool(async (release) => {
      const received = once(server.app.server, 'request');
      const waiting = call();
      await received;
      // Until it has come to where it waits.
      for (let turn = 0; turn < 50; turn++) await nextTurn();
      expect((await kick(other.id)).status).toBe(200);
      await release();
      return waiting;
    });
  };

  it('a PIN at a connect keeps no disconnect waiting', async () => {
    await device.setPin(PIN);
    const challenge = await device.ask(gateway.id);
    const proofs = [await device.pin(challenge, PIN)];
    expect((await besides(() => device.connect(gateway.id, challenge, proofs))).status).toBe(201);
  });

  it('hardware at a connect keeps no disconnect waiting', async () => {
    await device.setHardware();
    const challenge = await device.ask(gateway.id);
    const proofs = [device.uvHw(challenge)];
    expect((await besides(() => device.connect(gateway.id, challenge, proofs))).status).toBe(201);
  });

  it('a PIN that is tried keeps no disconnect waiting', async () => {
    await device.setPin(PIN);
    const { challenge } = (await device.call('POST', 'device/unlock-check', {})).body;
    const proof = await device.pin(challenge, PIN);
    const body = { challengeId: challenge.id, proof };
    expect((await besides(() => device.call('POST', 'device/unlock-check', body))).status).toBe(204);
  });

  it('hardware that is registered, and that proves, keeps no disconnect waiting', async () => {
    const asked = await device.call('PUT', 'device/biometric', { level: 'uv-hw' });
    const { id, nonce } = asked.body.challenge;
    const attestation = device.authenticator.create(nonce);
    const body = { level: 'uv-hw', attestation, challengeId: id, levelProof: device.code() };
    expect((await besides(() => device.call('PUT', 'device/biometric', body))).status).toBe(204);

    const again = (
      await device.call('PUT', 'device/pin', { salt: 'c2FsdHNhbHRzYWx0c2FsdA', proof: device.pinSecret(PIN) })
    ).body.challenge;
    const extra = { challengeId: again.id, levelProof: device.uvHw(again) };
    expect((await besides(() => device.setPin(PIN, extra))).status).toBe(204);
  });

  it('a key that was changed meanwhile has proven nothing', async () => {
    await device.setPin(PIN);
    const challenge = await device.ask(gateway.id);
    const proofs = [await device.pin(challenge, PIN)];
    const { db } = server.ctx.database;
    const answer = await withBusyPool(async (release) => {
      const received = once(server.app.server, 'request');
      const waiting = device.connect(gateway.id, challenge, proofs);
      await received;
      for (let turn = 0; turn < 50; turn++) await nextTurn();
      await db.updateTable('device').set({ public_key: 'another' }).execute();
      await release();
      return waiting;
    });
    expect(answer).toMatchObject({ status: 401, body: { code: 'unlock-refused' } });
  });

  it('a flood of sign-ins is told to come again, charges nothing, and keeps no disconnect waiting', async () => {
    const member = await server.addMember();
    const { db } = server.ctx.database;
    await withBusyPool(async (release) => {
      const answers = Array.from({ length: 100 }, (_, index) =>
        server.request('POST', '/client/v1/sign-in', {
          body: server.signInBody({ ...member, email: `stranger${index}@test.example` }),
        }),
      );
      const first = await Promise.any(answers);
      expect(first).toMatchObject({ status: 503, body: { code: 'server-busy', retryAfterMs: 2_000 } });
      expect(first.headers.get('retry-after')).toBe('2');
      expect((await kick(member.id)).status).toBe(200);
      await release();
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      const lookedAt = statuses.filter((status) => status === 401).length;
      expect(lookedAt).toBeGreaterThanOrEqual(33);
      expect(statuses.filter((status) => status === 503)).toHaveLength(100 - lookedAt);
      expect(await db.selectFrom('attempt').selectAll().execute()).toHaveLength(lookedAt);
    });
  });
});
