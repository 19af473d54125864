import { generateKeyPairSync } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendAudit, verifyAudit } from '../../audit/audit-log.ts';
import { ScriptedGateway } from '../../testing/scripted-ends.ts';
import { auditOf, TestDevice } from '../../testing/test-device.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';

const PIN = '482913';
const WRONG = '777123';

describe('PIN before a connection', () => {
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
    expect((await device.setPin(PIN)).status).toBe(204);
  });
  afterEach(async () => {
    await gateway.disconnect();
    await server.close();
  });

  const ask = () => device.ask(gateway.id);
  const withPin = async (pin: string, change?: object) => {
    const challenge = await ask();
    return device.connect(gateway.id, challenge, [await device.pin(challenge, pin, change)]);
  };
  const kick = async () => {
    const token = await server.addApiToken(['members:disconnect']);
    await server.request('POST', `/api/v1/member/${member.id}/disconnect`, { token });
  };
  const lastCause = async () => (await auditOf(server, 'proof.pin')).at(-1)?.cause;

  it('asks with salt, tries left and 60 seconds, and lets the right PIN in', async () => {
    const challenge = await ask();
    expect(challenge).toMatchObject({
      requires: ['unlock'],
      unlockMethods: ['pin'],
      unlock: { pin: { salt: expect.stringMatching(/^[\w-]{22}$/), attemptsLeft: 5, waitUntil: null } },
      expiresAt: new Date(server.clock.now + 60_000).toISOString(),
    });
    const answer = await device.connect(gateway.id, challenge, [await device.pin(challenge, PIN)]);
    expect(answer.status).toBe(201);
    expect(gateway.peers.size).toBe(1);
    expect(await auditOf(server, 'proof.pin')).toMatchObject([
      { outcome: 'ok', subject: `device:${device.session.deviceId}` },
    ]);
  });

  it('lets one of 200 parallel submissions of one right proof in', async () => {
    const challenge = await ask();
    const proof = await device.pin(challenge, PIN);
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => device.connect(gateway.id, challenge, [proof])),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status !== 201).map(({ body }) => body.code);
    expect(new Set(refused)).toEqual(new Set(['challenge-invalid']));
    expect(gateway.peers.size).toBe(1);
  }, 60_000);

  it('lets one of 200 parallel submissions in that were signed one by one', async () => {
    const challenge = await ask();
    const proofs = await Promise.all(Array.from({ length: 200 }, () => device.pin(challenge, PIN)));
    const answers = await Promise.all(proofs.map((proof) => device.connect(gateway.id, challenge, [proof])));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(gateway.peers.size).toBe(1);
  }, 60_000);

  it('counts before it checks: of 50 parallel wrong ones three are looked at and the rest wait', async () => {
    const challenge = await ask();
    const proofs = [];
    for (let time = 0; time < 50; time++) proofs.push(await device.pin(challenge, WRONG));
    const answers = [];
    for (const proof of proofs) answers.push(device.connect(gateway.id, challenge, [proof]));
    const codes = (await Promise.all(answers)).map(({ body }) => body.code);
    const looked = codes.filter((code) => code === 'wrong-pin');
    expect(looked.length).toBeLessThanOrEqual(3);
    expect((await device.row()).pin_failures).toBe(looked.length);
    expect(codes).not.toContain('pin-removed');
  });

  it('waits 0, 0, 30 and 60 s, and the fifth wrong PIN takes the PIN away and asks for a code', async () => {
    const first = await withPin(WRONG);
    expect(first).toMatchObject({ status: 401, body: { code: 'wrong-pin', attemptsLeft: 4 } });
    expect(first.body).toMatchObject({ isProofSpent: false });
    expect(first.body).not.toHaveProperty('retryAfterMs');
    expect((await withPin(WRONG)).body).toMatchObject({ code: 'wrong-pin', attemptsLeft: 3 });
    const third = await withPin(WRONG);
    expect(third.body).toMatchObject({ code: 'wrong-pin', attemptsLeft: 2, retryAfterMs: 30_000 });
    expect(third.headers.get('retry-after')).toBe('30');
    expect((await ask()).unlock?.pin).toMatchObject({
      attemptsLeft: 2,
      waitUntil: new Date(server.clock.now + 30_000).toISOString(),
    });
    const early = await withPin(PIN);
    expect(early).toMatchObject({ status: 429, body: { code: 'too-many-attempts', retryAfterMs: 30_000 } });
    server.clock.now += 30_000;
    expect((await withPin(WRONG)).body).toMatchObject({ attemptsLeft: 1, retryAfterMs: 60_000 });
    server.clock.now += 60_000;
    const fifth = await withPin(WRONG);
    expect(fifth).toMatchObject({ status: 403, body: { code: 'pin-removed' } });
    expect(fifth.body).not.toHaveProperty('challenge');
    expect((await device.connect(gateway.id)).body.code).toBe('unlock-not-enrolled');
    expect(await device.row()).toMatchObject({
      pin_salt: null,
      pin_verifier: null,
      is_code_demanded: 1,
    });
    expect(await auditOf(server, 'unlock.remove')).toMatchObject([
      { outcome: 'ok', methods: ['pin', 'uv-soft'], cause: 'wrong-pins' },
    ]);
    // The code of the new set-up is the one that was demanded.
    server.nextStep();
    expect((await device.setPin(PIN)).status).toBe(204);
    expect((await ask()).requires).toEqual(['unlock']);
    expect((await withPin(PIN)).status).toBe(201);
  });

  it('keeps the count over a restart and a new session of the device, and forgets it with the right PIN', async () => {
    for (let time = 0; time < 3; time++) await withPin(WRONG);
    await gateway.disconnect();
    await server.restart();
    await gateway.connect(server);
    expect((await withPin(PIN)).body.code).toBe('too-many-attempts');
    await device.call('POST', 'sign-out');
    server.nextStep();
    const { deviceId, sessionToken } = await server.signIn(member, {
      id: device.session.deviceId,
      publicKey: device.publicKey,
    });
    expect(deviceId).toBe(device.session.deviceId);
    device.session.sessionToken = sessionToken;
    expect((await ask()).unlock?.pin?.attemptsLeft).toBe(2);
    server.clock.now += 30_000;
    expect((await withPin(PIN)).status).toBe(201);
    expect((await ask()).unlock?.pin?.attemptsLeft).toBe(5);
  });

  it('makes nobody wait longer than a minute when the clock is set back', async () => {
    for (let time = 0; time < 3; time++) await withPin(WRONG);
    server.clock.now -= 86_400_000;
    // The last code was given tomorrow, so it counts for nothing.
    const challenge = await ask();
    expect(challenge.requires).toEqual(['totp', 'unlock']);
    const proofs = [device.code(), await device.pin(challenge, PIN)];
    const answer = await device.connect(gateway.id, challenge, proofs);
    expect(answer.body).toMatchObject({ code: 'too-many-attempts', retryAfterMs: 60_000 });
  });

  it.each([
    ['a counter that does not grow', { ctr: 1 }, 'counter'],
    ['another audience', { aud: 'https://other.example' }, 'audience'],
    ['another device', { deviceId: '01a1ffbd-8da2-7710-bc82-16adeaf130c7' }, 'device'],
    ['another nonce', { nonce: 'bm9uY2U' }, 'nonce'],
    ['another method', { method: 'uv-soft' }, 'method'],
    ['an unknown method', { method: 'totp' }, 'malformed'],
    ['another time', { uvAt: 1_000 }, 'time'],
    ['another version', { v: 2 }, 'malformed'],
    ['a member too many', { extra: true }, 'malformed'],
  ])('refuses a statement with %s, and charges no try', async (_, change, cause) => {
    expect((await withPin(PIN)).status).toBe(201);
    const answer = await withPin(PIN, change);
    expect(answer).toMatchObject({
      status: 401,
      body: { code: 'unlock-refused', isProofSpent: false, challenge: { requires: ['unlock'] } },
    });
    expect(await lastCause()).toBe(cause);
    expect((await device.row()).pin_failures).toBe(0);
    const alarms = await auditOf(server, 'device.clone-alarm');
    expect(alarms).toHaveLength(cause === 'counter' ? 1 : 0);
    // The fresh challenge of the refusal is good.
    const { challenge } = answer.body;
    const again = await device.connect(gateway.id, challenge, [await device.pin(challenge, PIN)]);
    expect(again.status).toBe(201);
  });

  it('refuses a signature by another key, of another type or without one, and charges no try', async () => {
    const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const challenge = await ask();
    const proof = device.pinSecret(PIN);
    const good = await device.statement(challenge, 'pin');
    const [, payload = ''] = good.split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'postern-unlock+jwt' })).toString(
      'base64url',
    );
    const signatures = [
      [await device.statement(challenge, 'pin', {}, foreign), 'signature'],
      [await device.statement(challenge, 'pin', {}, undefined, { typ: 'JWT' }), 'malformed'],
      [`${good.slice(0, -8)}AAAAAAAA`, 'signature'],
      [`${none}.${payload}.AAAA`, 'malformed'],
    ] as const;
    for (const [signature, cause] of signatures) {
      const answer = await device.connect(gateway.id, challenge, [{ method: 'pin', proof, signature }]);
      expect(answer.body.code).toBe('unlock-refused');
      expect(await lastCause()).toBe(cause);
    }
    expect(await device.row()).toMatchObject({ pin_failures: 0, proof_counter: 0 });
  });

  it('refuses a proof that is played again, on its own challenge and on a fresh one', async () => {
    const challenge = await ask();
    const proof = await device.pin(challenge, PIN);
    expect((await device.connect(gateway.id, challenge, [proof])).status).toBe(201);
    expect((await device.connect(gateway.id, challenge, [proof])).body.code).toBe('challenge-invalid');
    const fresh = await ask();
    expect((await device.connect(gateway.id, fresh, [proof])).body.code).toBe('unlock-refused');
    expect(await auditOf(server, 'device.clone-alarm')).toMatchObject([
      { outcome: 'refused', method: 'pin', counter: 1, seen: 1 },
    ]);
    expect(await auditOf(server, 'proof.challenge')).toMatchObject([{ challengeId: challenge.id }]);
  });

  it('refuses the proof of another device of the same member', async () => {
    const other = await TestDevice.signIn(server, member);
    expect((await other.setPin(PIN)).status).toBe(204);
    const challenge = await ask();
    const foreign = await other.pin(challenge, PIN);
    expect((await device.connect(gateway.id, challenge, [foreign])).body.code).toBe('unlock-refused');
    expect(await lastCause()).toBe('signature');
    const itsOwn = await other.pin(challenge, PIN);
    expect((await other.connect(gateway.id, challenge, [itsOwn])).body.code).toBe('challenge-invalid');
  });

  it('refuses a nonce that is 60 seconds old, or of before a kick', async () => {
    const old = await ask();
    server.clock.now += 60_000;
    const late = await device.connect(gateway.id, old, [await device.pin(old, PIN)]);
    expect(late.body).toMatchObject({ code: 'challenge-invalid', challenge: { unlockMethods: ['pin'] } });
    const before = await ask();
    await kick();
    const kicked = await device.connect(gateway.id, before, [await device.pin(before, PIN)]);
    expect(kicked.body.code).toBe('challenge-invalid');
    expect((await withPin(PIN)).status).toBe(201);
  });

  it('asks for a code too when the last one is older than the policy wants, and takes both in one request', async () => {
    await server.setPolicy({ codeEveryDays: 7 });
    server.clock.now += 7 * 86_400_000;
    const challenge = await ask();
    expect(challenge.requires).toEqual(['totp', 'unlock']);
    const pin = await device.pin(challenge, PIN);
    expect((await device.connect(gateway.id, challenge, [pin])).body.code).toBe('step-up-required');
    const proofs = [device.code(), await device.pin(challenge, PIN)];
    expect((await device.connect(gateway.id, challenge, proofs)).status).toBe(201);
    expect((await ask()).requires).toEqual(['unlock']);
  });

  it('looks at the PIN before the code: a wrong PIN burns neither a code nor a backup code', async () => {
    await server.setPolicy({ totpPriorConnection: true });
    server.clock.now += 120_000;
    const challenge = await ask();
    expect(challenge.requires).toEqual(['totp', 'unlock']);
    const code = device.code();
    const backup = { method: 'backup-code', code: member.backupCodes[0] };
    for (const proof of [code, backup]) {
      const wrong = await device.pin(challenge, WRONG);
      const answer = await device.connect(gateway.id, challenge, [proof, wrong]);
      expect(answer.body).toMatchObject({ code: 'wrong-pin', isProofSpent: false });
    }
    const right = await device.pin(challenge, PIN);
    expect((await device.connect(gateway.id, challenge, [backup, right])).status).toBe(201);
    const next = await ask();
    const both = [code, await device.pin(next, PIN)];
    expect((await device.connect(gateway.id, next, both)).status).toBe(201);
  });

  it('lets nobody in with a right PIN and a wrong code, or a code alone', async () => {
    await server.setPolicy({ totpPriorConnection: true });
    server.clock.now += 120_000;
    const challenge = await ask();
    const wrongCode = { method: 'totp', code: server.codeOf(member, 40) };
    const refused = await device.connect(gateway.id, challenge, [
      wrongCode,
      await device.pin(challenge, PIN),
    ]);
    expect(refused.body.code).toBe('invalid-code');
    const alone = await device.connect(gateway.id, challenge, [device.code()]);
    expect(alone.body).toMatchObject({
      code: 'step-up-required',
      challenge: { requires: ['totp', 'unlock'] },
    });
    const both = [device.code(), await device.pin(challenge, PIN)];
    expect((await device.connect(gateway.id, challenge, both)).status).toBe(201);
  });

  it('keeps the grace of a code for the connection itself, not for the question', async () => {
    await server.setPolicy({ totpPriorConnection: true, signInGraceSeconds: 60 });
    expect((await device.setPin(PIN)).status).toBe(204);
    for (let time = 0; time < 2; time++) expect((await ask()).requires).toEqual(['unlock']);
    expect((await withPin(PIN)).status).toBe(201);
    expect((await ask()).requires).toEqual(['totp', 'unlock']);
  });

  it('comes with the disconnect frame, without the grace and for this device', async () => {
    expect((await withPin(PIN)).status).toBe(201);
    await kick();
    const { frame_json } = await server.ctx.database.db
      .selectFrom('event')
      .select('frame_json')
      .where('device_id', '=', device.session.deviceId)
      .where('frame_json', 'like', '%"disconnect"%')
      .executeTakeFirstOrThrow();
    const { challenge } = JSON.parse(frame_json);
    expect(challenge).toMatchObject({ requires: ['unlock'], unlockMethods: ['pin'] });
    expect((await device.connect(gateway.id, challenge, [await device.pin(challenge, PIN)])).status).toBe(
      201,
    );
  });

  it('lets nobody in while the disk is full, and says nothing about the PIN', async () => {
    const { db } = server.ctx.database;
    const challenge = await ask();
    const proofs = [];
    for (const pin of [PIN, WRONG]) proofs.push(await device.pin(challenge, pin));
    await sql`pragma max_page_count = 1`.execute(db);
    const row = () =>
      db
        .transaction()
        .execute((tx) => appendAudit(tx, { at: 0, actor: 'cli', action: 'test.fill', outcome: 'ok' }));
    // Fills what is left of the last page of the audit log.
    await expect(
      (async () => {
        for (let round = 0; round < 500; round++) await row();
      })(),
    ).rejects.toThrow('full');
    const answers = [];
    for (const proof of proofs) answers.push(await device.connect(gateway.id, challenge, [proof]));
    expect(answers.map(({ body }) => body.code)).toEqual(['storage-unavailable', 'storage-unavailable']);
    expect(gateway.peers.size).toBe(0);
    await sql`pragma max_page_count = 1000000`.execute(db);
    expect((await withPin(PIN)).status).toBe(201);
    expect((await verifyAudit(db)).brokenAt).toBeNull();
  });

  it('writes no PIN, proof, signature or key into audit or log', async () => {
    const challenge = await ask();
    const wrong = await device.pin(challenge, WRONG);
    await device.connect(gateway.id, challenge, [wrong]);
    const right = await device.pin(challenge, PIN);
    await device.connect(gateway.id, challenge, [right]);
    const rows = await server.ctx.database.db.selectFrom('audit').select('details_json').execute();
    const written = [...rows.map(({ details_json }) => details_json), ...server.logLines].join('\n');
    for (const secret of [PIN, WRONG, wrong.proof, right.proof, right.signature, device.publicKey])
      expect(written).not.toContain(secret);
    const { pin_verifier } = await device.row();
    expect(pin_verifier).not.toBe(right.proof);
  });
});
