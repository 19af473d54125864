import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resetFactorLock } from '../../people/members/member-store.ts';
import { ScriptedGateway } from '../../testing/scripted-ends.ts';
import { auditOf, TestDevice } from '../../testing/test-device.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';
import { resetUnlock } from './removal.ts';

const PIN = '482913';

describe('setting up how a device is unlocked', () => {
  let server: TestServer;
  let gateway: ScriptedGateway;
  let member: TestMember;
  let device: TestDevice;
  beforeEach(async () => {
    server = await startTestServer();
    gateway = await ScriptedGateway.create(server);
    await gateway.connect(server);
    await server.setPolicy({ totpPriorConnection: false, unlockPriorConnection: true });
    member = await server.addMember();
    device = await TestDevice.signIn(server, member);
  });
  afterEach(async () => {
    await gateway.disconnect();
    await server.close();
  });
  const unlockOfMe = async () => (await device.call('GET', 'me')).body.device.unlock;

  it('asks for a code first, and says so where nothing is set up', async () => {
    expect((await device.connect(gateway.id)).body.code).toBe('unlock-not-enrolled');
    const asked = await device.setPin(PIN, {});
    expect(asked).toMatchObject({
      status: 401,
      body: { code: 'step-up-required', challenge: { requires: ['totp'], unlockMethods: [] } },
    });
    expect(await unlockOfMe()).toEqual({ pin: false, uvHw: false, uvSoft: false });
    expect((await device.setPin(PIN)).status).toBe(204);
    expect((await device.setSoft()).status).toBe(204);
    expect((await device.setHardware()).status).toBe(204);
    expect(await unlockOfMe()).toEqual({ pin: true, uvHw: true, uvSoft: true });
    const me = await device.call('GET', 'me');
    expect(me.body.stepUp).toMatchObject({ required: true, requires: ['unlock'] });
    expect(await auditOf(server, 'unlock.set')).toMatchObject([
      { outcome: 'ok', method: 'pin', proof: 'totp' },
      { outcome: 'ok', method: 'uv-soft', proof: 'totp' },
      { outcome: 'ok', method: 'uv-hw', proof: 'totp' },
    ]);
  });

  it('takes each code once, counts the wrong ones, and takes a backup code', async () => {
    const levelProof = device.code();
    expect((await device.setPin(PIN, { levelProof })).status).toBe(204);
    expect((await device.setPin(PIN, { levelProof })).body.code).toBe('code-already-used');
    const wrong = { levelProof: { method: 'totp', code: server.codeOf(member, 40) } };
    expect((await device.setPin(PIN, wrong)).body).toMatchObject({ code: 'invalid-code', attemptsLeft: 3 });
    const backup = { levelProof: { method: 'backup-code', code: member.backupCodes[0] } };
    expect((await device.setPin(PIN, backup)).status).toBe(204);
    expect((await device.setPin(PIN, backup)).body.code).toBe('code-already-used');
    const madeUp = { levelProof: { method: 'backup-code', code: 'ABCDEFGHJKMN' } };
    expect((await device.setPin(PIN, madeUp)).body.code).toBe('invalid-code');
  });

  it('lets one of many parallel set-ups with one code through', async () => {
    const body = { salt: 'A'.repeat(22), proof: device.pinSecret(PIN), levelProof: device.code() };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => device.call('PUT', 'device/pin', body)),
    );
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
  });

  it('gives the code of the set-up to the next connection, within the grace', async () => {
    await server.setPolicy({ totpPriorConnection: true, signInGraceSeconds: 120 });
    await device.setPin(PIN);
    const challenge = await device.ask(gateway.id);
    expect(challenge.requires).toEqual(['unlock']);
    const pin = await device.pin(challenge, PIN);
    expect((await device.connect(gateway.id, challenge, [pin])).status).toBe(201);
    expect((await device.ask(gateway.id)).requires).toEqual(['totp', 'unlock']);
  });

  it.each([
    ['device/pin', { salt: 'short', proof: 'A'.repeat(43) }],
    ['device/pin', { salt: 'A'.repeat(22), proof: 'A'.repeat(42) }],
    ['device/pin', { salt: 'A'.repeat(22), proof: 'A'.repeat(43), levelProof: { method: 'pin' } }],
    ['device/biometric', { level: 'uv-soft', publicKey: 'AAAA' }],
    ['device/biometric', { level: 'uv-best' }],
  ])('refuses %s in another shape', async (path, body) => {
    expect((await device.call('PUT', path, body)).body.code).toBe('invalid-request');
  });

  it('removes what it is told to, also twice, and a connect then asks for a set-up', async () => {
    await device.setPin(PIN);
    await device.setSoft();
    await device.setHardware();
    expect((await device.call('DELETE', 'device/biometric?level=uv-soft')).status).toBe(204);
    expect(await unlockOfMe()).toEqual({ pin: true, uvHw: true, uvSoft: false });
    for (let time = 0; time < 2; time++) {
      expect((await device.call('DELETE', 'device/biometric')).status).toBe(204);
      expect((await device.call('DELETE', 'device/pin')).status).toBe(204);
    }
    expect(await unlockOfMe()).toEqual({ pin: false, uvHw: false, uvSoft: false });
    expect(await auditOf(server, 'unlock.remove')).toMatchObject([
      { methods: ['uv-soft'] },
      { methods: ['uv-hw'] },
      { methods: ['pin'] },
    ]);
    expect((await device.call('DELETE', 'device/biometric?level=all')).body.code).toBe('invalid-request');
    expect((await device.connect(gateway.id)).body.code).toBe('unlock-not-enrolled');
  });

  it('keeps the proof counter when the PIN is removed and set again', async () => {
    await device.setPin(PIN);
    const first = await device.ask(gateway.id);
    const old = await device.pin(first, PIN);
    expect((await device.connect(gateway.id, first, [old])).status).toBe(201);
    await device.call('DELETE', 'device/pin');
    await device.setPin(PIN);
    const next = await device.ask(gateway.id);
    const again = await device.pin(next, PIN, { ctr: 1 });
    expect((await device.connect(gateway.id, next, [again])).body.code).toBe('unlock-refused');
  });

  it('tries a way of unlocking without connecting, on a challenge that opens no connection', async () => {
    expect((await device.call('POST', 'device/unlock-check', {})).body.code).toBe('unlock-not-enrolled');
    await device.setPin(PIN);
    await device.setSoft();
    const asked = await device.call('POST', 'device/unlock-check', {});
    const { challenge } = asked.body;
    expect(challenge).toMatchObject({ requires: ['unlock'], unlockMethods: ['pin', 'uv-soft'] });
    const check = (proof: unknown, challengeId = challenge.id) =>
      device.call('POST', 'device/unlock-check', { challengeId, proof });
    expect((await check(await device.pin(challenge, '777123'))).body).toMatchObject({
      code: 'wrong-pin',
      attemptsLeft: 4,
    });
    expect((await check(device.code())).body.code).toBe('invalid-request');
    const misused = await device.connect(gateway.id, challenge, [await device.pin(challenge, PIN)]);
    expect(misused.body.code).toBe('challenge-invalid');
    expect((await check(await device.pin(challenge, PIN))).status).toBe(204);
    expect((await check(await device.pin(challenge, PIN))).body.code).toBe('challenge-invalid');
    const toConnect = await device.ask(gateway.id);
    expect((await check(await device.pin(toConnect, PIN), toConnect.id)).body.code).toBe('challenge-invalid');
    expect(gateway.peers.size).toBe(0);
  });

  it('takes the PIN away after five wrong tries without connecting, too', async () => {
    await device.setPin(PIN);
    let last: Awaited<ReturnType<TestDevice['call']>> | undefined;
    for (let time = 0; time < 5; time++) {
      const asked = await device.call('POST', 'device/unlock-check', {});
      const { challenge } = asked.body;
      const proof = await device.pin(challenge, '777123');
      last = await device.call('POST', 'device/unlock-check', { challengeId: challenge.id, proof });
      server.clock.now += 60_000;
    }
    expect(last?.body.code).toBe('pin-removed');
    expect(await unlockOfMe()).toEqual({ pin: false, uvHw: false, uvSoft: false });
  });

  it('is undone by an administrator on all devices of the member, who then needs a code', async () => {
    const other = await TestDevice.signIn(server, member);
    for (const one of [device, other]) await one.setPin(PIN);
    await other.setHardware();
    const { db } = server.ctx.database;
    const input = { memberId: member.id, actor: 'cli', now: server.clock.now };
    expect(await db.transaction().execute((tx) => resetUnlock(tx, input))).toBe(2);
    await db.transaction().execute((tx) => resetFactorLock(tx, input));
    for (const one of [device, other]) {
      expect((await one.connect(gateway.id)).body.code).toBe('unlock-not-enrolled');
      expect((await one.row()).is_code_demanded).toBe(1);
    }
    expect(await auditOf(server, 'unlock.reset')).toMatchObject([
      { subject: `member:${member.id}`, devices: 2 },
    ]);
  });

  it('sets nothing up for a session that has ended, or while the disk is full', async () => {
    const { db } = server.ctx.database;
    await sql`pragma max_page_count = 1`.execute(db);
    const salt = 'A'.repeat(22);
    let answer = await device.call('PUT', 'device/pin', { salt, proof: device.pinSecret(PIN) });
    for (let round = 0; round < 500 && answer.status === 401; round++)
      answer = await device.call('PUT', 'device/pin', { salt, proof: device.pinSecret(PIN) });
    expect(answer.body.code).toBe('storage-unavailable');
    await sql`pragma max_page_count = 1000000`.execute(db);
    await device.call('POST', 'sign-out');
    for (const [method, path] of [
      ['PUT', 'device/pin'],
      ['PUT', 'device/biometric'],
      ['DELETE', 'device/pin'],
      ['DELETE', 'device/biometric'],
      ['POST', 'device/unlock-check'],
      ['GET', 'devices'],
      ['DELETE', `devices/${device.session.deviceId}`],
    ] as const) {
      const body =
        path === 'device/pin'
          ? { salt, proof: device.pinSecret(PIN) }
          : path === 'device/biometric'
            ? { level: 'uv-hw' }
            : {};
      const refused = await device.call(
        method,
        path,
        method === 'PUT' || method === 'POST' ? body : undefined,
      );
      expect(refused.body.code).toBe('session-invalid');
    }
  });
});
