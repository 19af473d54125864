import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptedGateway } from '../../testing/scripted-ends.ts';
import { auditOf, TestDevice } from '../../testing/test-device.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';

const HOUR_MS = 3_600_000;
const PIN = '482913';

describe('soft unlock (level D) before a connection', () => {
  let server: TestServer;
  let gateway: ScriptedGateway;
  let member: TestMember;
  let device: TestDevice;
  beforeEach(async () => {
    server = await startTestServer();
    gateway = await ScriptedGateway.create(server);
    await gateway.connect(server);
    member = await server.addMember();
    await server.setPolicy({ totpPriorConnection: false, unlockPriorConnection: true });
    device = await TestDevice.signIn(server, member);
    expect((await device.setSoft()).status).toBe(204);
  });
  afterEach(async () => {
    await gateway.disconnect();
    await server.close();
  });

  const ask = () => device.ask(gateway.id);
  const withSoft = async () => {
    const challenge = await ask();
    return device.connect(gateway.id, challenge, [await device.uvSoft(challenge)]);
  };
  const withCode = async () => {
    const challenge = await ask();
    const proofs = [device.code(), await device.uvSoft(challenge)];
    return device.connect(gateway.id, challenge, proofs);
  };
  const kick = async () => {
    const token = await server.addApiToken(['members:disconnect']);
    await server.request('POST', `/api/v1/member/${member.id}/disconnect`, { token });
  };
  const lastCause = async () => (await auditOf(server, 'proof.uv-soft')).at(-1)?.cause;

  it('counts within the hours of the policy, and then only with a code, which opens them again', async () => {
    expect((await withSoft()).status).toBe(201);
    server.clock.now += 11 * HOUR_MS;
    expect((await withSoft()).status).toBe(201);
    server.clock.now += HOUR_MS;
    const challenge = await ask();
    expect(challenge).toMatchObject({ requires: ['totp', 'unlock'], unlockMethods: ['uv-soft'] });
    const alone = await device.connect(gateway.id, challenge, [await device.uvSoft(challenge)]);
    expect(alone.body.code).toBe('step-up-required');
    expect((await withCode()).status).toBe(201);
    expect((await withSoft()).status).toBe(201);
  });

  it('counts no more when the window closes between question and answer', async () => {
    server.clock.now = (await device.row()).soft_base_at + 12 * HOUR_MS - 1_000;
    const challenge = await ask();
    expect(challenge.requires).toEqual(['unlock']);
    server.clock.now += 1_000;
    const late = await device.connect(gateway.id, challenge, [await device.uvSoft(challenge)]);
    expect(late.body).toMatchObject({
      code: 'step-up-required',
      challenge: { requires: ['totp', 'unlock'] },
    });
  });

  it('does not count right after a kick', async () => {
    expect((await withSoft()).status).toBe(201);
    await kick();
    expect((await device.row()).soft_base_at).toBe(0);
    expect((await ask()).requires).toEqual(['totp', 'unlock']);
    const challenge = await ask();
    const alone = await device.connect(gateway.id, challenge, [await device.uvSoft(challenge)]);
    expect(alone.body.code).toBe('step-up-required');
    expect((await withCode()).status).toBe(201);
  });

  it('is not offered after a kick where a PIN is set up, and cannot be answered with', async () => {
    await device.setPin(PIN);
    await kick();
    const challenge = await ask();
    expect(challenge).toMatchObject({ requires: ['unlock'], unlockMethods: ['pin'] });
    const weaker = await device.connect(gateway.id, challenge, [await device.uvSoft(challenge)]);
    expect(weaker.body.code).toBe('unlock-refused');
    expect(await lastCause()).toBe('method-not-offered');
    expect((await device.row()).proof_counter).toBe(0);
  });

  it('keeps its window over an end that nobody asked for', async () => {
    await server.setPolicy({ maxConnectionSeconds: 60 });
    server.nextStep();
    expect((await withSoft()).status).toBe(201);
    server.clock.now += 61_000;
    await server.parts.sweeper.sweep();
    await expect.poll(() => gateway.peers.size).toBe(0);
    expect((await ask()).requires).toEqual(['unlock']);
  });

  it('is refused once the policy forbids it, on an old challenge and a new one', async () => {
    await device.setPin(PIN);
    const old = await ask();
    expect(old.unlockMethods).toContain('uv-soft');
    const row = { policy_json: JSON.stringify({ ...(await policyNow()), unlockMethods: ['pin'] }) };
    // Not through `savePolicy`, which would void the challenge by itself.
    await server.ctx.database.db.updateTable('policy').set(row).execute();
    const answer = await device.connect(gateway.id, old, [await device.uvSoft(old)]);
    expect(answer.body).toMatchObject({ code: 'unlock-refused', challenge: { unlockMethods: ['pin'] } });
    expect(await lastCause()).toBe('method-not-counting');
  });

  it('is opened again by hardware', async () => {
    await device.setHardware();
    await kick();
    expect((await ask()).unlockMethods).toEqual(['uv-hw']);
    const challenge = await ask();
    expect((await device.connect(gateway.id, challenge, [device.uvHw(challenge)])).status).toBe(201);
    expect((await withSoft()).status).toBe(201);
  });

  it('is signed by the key that was registered, not by the device key or another', async () => {
    const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const challenge = await ask();
    const wrong = [await device.uvSoft(challenge, {}, foreign)];
    expect((await device.connect(gateway.id, challenge, wrong)).body.code).toBe('unlock-refused');
    expect(await lastCause()).toBe('signature');
    const asPin = {
      ...(await device.uvSoft(challenge)),
      signature: await device.statement(challenge, 'pin'),
    };
    expect((await device.connect(gateway.id, challenge, [asPin])).body.code).toBe('unlock-refused');
  });

  it('does not count by a base that a clock, since set back, wrote far ahead', async () => {
    server.clock.now -= 2 * HOUR_MS;
    expect((await ask()).requires).toEqual(['totp', 'unlock']);
  });

  it('needs a code each time where the policy gives it no hours', async () => {
    await server.setPolicy({ softUnlockHours: 0, signInGraceSeconds: 0 });
    for (let time = 0; time < 2; time++) {
      server.nextStep();
      expect((await withCode()).status).toBe(201);
    }
  });

  it('goes with the PIN after the fifth wrong one', async () => {
    await device.setPin(PIN);
    for (let time = 0; time < 5; time++) {
      const challenge = await ask();
      await device.connect(gateway.id, challenge, [await device.pin(challenge, '777123')]);
      server.clock.now += 60_000;
    }
    expect((await device.row()).soft_public_key).toBeNull();
    expect((await device.connect(gateway.id)).body.code).toBe('unlock-not-enrolled');
  });

  async function policyNow() {
    const { policy_json } = await server.ctx.database.db
      .selectFrom('policy')
      .select('policy_json')
      .executeTakeFirstOrThrow();
    return JSON.parse(policy_json);
  }
});
