import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignInAnswer } from '../../../src-shared/client-api.ts';
import { leaseClaims } from '../../../src-shared/lease.ts';
import { setBlocked } from '../../people/members/member-store.ts';
import { newWgKey, ScriptedGateway } from '../../testing/scripted-ends.ts';
import { startTestServer, type TestMember, type TestServer } from '../../testing/test-server.ts';
import { connect } from './connect.ts';

const publicAddresses = ['203.0.113.5:443', '[2001:db8::5]:443'];

describe('POST connections', () => {
  let server: TestServer;
  let gateway: ScriptedGateway;
  let member: TestMember;
  let session: SignInAnswer;
  beforeEach(async () => {
    server = await startTestServer({ config: { publicAddresses } });
    gateway = await ScriptedGateway.create(server);
    await gateway.connect(server);
    member = await server.addMember();
    await server.setPolicy({ signInGraceSeconds: 0 });
    session = await server.signIn(member);
    server.nextStep();
  });
  afterEach(async () => {
    await gateway.disconnect();
    await server.close();
  });

  const post = (body: object = {}, token = session.sessionToken) =>
    server.request('POST', '/client/v1/connections', {
      token,
      body: { gatewayId: gateway.id, wgPublicKey: newWgKey(), ...body },
    });
  const challengeId = async (token = session.sessionToken): Promise<string> => {
    const { body } = await post({}, token);
    return body.challenge.id;
  };
  const withCode = async (code: string, challenge?: string, extra: object = {}) =>
    post({ challengeId: challenge ?? (await challengeId()), proofs: [{ method: 'totp', code }], ...extra });
  const liveLeases = () =>
    server.ctx.database.db.selectFrom('lease').selectAll().where('ended_at', 'is', null).execute();

  it('asks for a fresh proof in the words of RFC 9470 and of the contract', async () => {
    const answer = await post();
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.headers.get('www-authenticate')).toMatch(
      /^Bearer error="insufficient_user_authentication".*acr_values="totp"/,
    );
    expect(answer.body).toMatchObject({
      type: 'urn:postern:problem:step-up-required',
      challenge: { requires: ['totp'], unlockMethods: [], reason: null },
      epoch: 0,
    });
    expect(gateway.peers.size).toBe(0);
  });

  it('gives a lease for the right code, signed, after the gateway has the peer', async () => {
    const wgPublicKey = newWgKey();
    const { status, body } = await withCode(server.codeOf(member), undefined, { wgPublicKey });
    expect(status).toBe(201);
    expect(gateway.peers.get(wgPublicKey)).toMatchObject({
      leaseId: body.leaseId,
      allowedIps: ['10.86.0.2/32'],
    });
    const key = await importJWK(
      { kty: 'OKP', crv: 'Ed25519', x: server.ctx.keys.serverKey.publicKey },
      'EdDSA',
    );
    const { payload } = await jwtVerify(body.lease, key, {
      audience: 'postern-helper',
      issuer: 'https://vpn.test.example',
      currentDate: new Date(server.clock.now),
    });
    const claims = leaseClaims.parse(payload);
    expect(claims).toMatchObject({ sub: session.deviceId, jti: body.leaseId, epoch: 0 });
    expect(claims.wg).toMatchObject({
      clientPublicKey: wgPublicKey,
      serverPublicKey: gateway.publicKey,
      presharedKey: gateway.peers.get(wgPublicKey)?.presharedKey,
      addresses: ['10.86.0.2/32'],
    });
    expect(decodeProtectedHeader(body.lease)).toMatchObject({ alg: 'EdDSA', typ: 'postern-lease+jwt' });
  });

  it('takes one code once, over 200 parallel submissions on challenges of their own', async () => {
    const ids = await Promise.all(Array.from({ length: 200 }, () => challengeId()));
    const code = server.codeOf(member);
    const answers = await Promise.all(ids.map((id) => withCode(code, id)));
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(await liveLeases()).toHaveLength(1);
    expect(gateway.peers.size).toBe(1);
    const refused = answers.filter((answer) => answer.status !== 201).map((answer) => answer.body.code);
    expect(new Set(refused)).toEqual(new Set(['code-already-used', 'too-many-attempts']));
  });

  it('lets a wrong code be corrected on the same challenge, and counts it', async () => {
    const id = await challengeId();
    const wrong = await withCode('000000', id);
    expect(wrong.body).toMatchObject({ code: 'invalid-code', attemptsLeft: 4 });
    expect((await withCode(server.codeOf(member), id)).status).toBe(201);
  });

  it('normalises full-width and pasted codes and refuses 5, 7 and other digits without charging', async () => {
    for (const code of ['12345', '1234567', 'abcdef', '']) {
      const answer = await withCode(code, 'a'.repeat(8));
      expect(answer.status).toBe(400);
      expect(answer.body.code).toBe('invalid-request');
    }
    const digits = server.codeOf(member);
    const fullWidth = [...digits].map((digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)).join('');
    expect((await withCode(`${fullWidth.slice(0, 3)} ${fullWidth.slice(3)}`)).status).toBe(201);
  });

  it('refuses a challenge that is spent, foreign, expired, or of an earlier epoch, and spends no code on it', async () => {
    const other = await server.addMember();
    const otherSession = await server.signIn(other);
    const foreign = await challengeId(otherSession.sessionToken);
    const expired = await challengeId();
    server.clock.now += 5 * 60_000;
    server.nextStep();
    for (const id of [foreign, expired]) {
      const answer = await withCode(server.codeOf(member), id);
      expect(answer.body).toMatchObject({ code: 'challenge-invalid', challenge: { requires: ['totp'] } });
    }
    const beforeKick = await challengeId();
    const token = await server.addApiToken(['members:disconnect']);
    await server.request('POST', `/api/v1/member/${member.id}/disconnect`, { token });
    expect((await withCode(server.codeOf(member), beforeKick)).body.code).toBe('challenge-invalid');
    const spent = await challengeId();
    expect((await withCode(server.codeOf(member), spent)).status).toBe(201);
    server.nextStep();
    expect((await withCode(server.codeOf(member), spent)).body.code).toBe('challenge-invalid');
    expect((await withCode(server.codeOf(member))).status).toBe(201);
  });

  it('wants a challenge with every proof', async () => {
    const answer = await post({ proofs: [{ method: 'totp', code: server.codeOf(member) }] });
    expect(answer.body.code).toBe('step-up-required');
    expect((await withCode(server.codeOf(member), answer.body.challenge.id)).status).toBe(201);
  });

  it('catches up with what the computer of the device knows, where the record is an older copy', async () => {
    const epochs = () =>
      server.ctx.database.db.selectFrom('audit').selectAll().where('action', '=', 'device.epoch').execute();
    const first = await post({ knownEpoch: 0 });
    const older = first.body.challenge.id;
    const asked = await post({ knownEpoch: 7 });
    expect(asked.body).toMatchObject({ type: 'urn:postern:problem:step-up-required', epoch: 8 });
    // What was asked for in the copy's time does not count.
    const late = await withCode(server.codeOf(member), older, { knownEpoch: 7 });
    expect(late.body.type).toBe('urn:postern:problem:challenge-invalid');
    const { status, body } = await withCode(server.codeOf(member), asked.body.challenge.id, {
      knownEpoch: 8,
    });
    expect([status, body.epoch]).toEqual([201, 8]);
    const [row, ...more] = await epochs();
    expect([row?.subject, more]).toEqual([`device:${session.deviceId}`, []]);
    expect(JSON.parse(row?.details_json ?? '')).toEqual({ from: 0, knownEpoch: 7 });
    for (const knownEpoch of [-1, 1.5, 20_000, 2 ** 53])
      expect((await post({ knownEpoch })).body.type).toBe('urn:postern:problem:invalid-request');
    // It is an end of access like any other: the lease goes, and no proof of before is worth anything.
    await server.ctx.database.db.updateTable('device').set({ soft_base_at: server.clock.now }).execute();
    expect(gateway.peers.size).toBe(1);
    await post({ knownEpoch: 20 });
    await expect.poll(() => gateway.peers.size).toBe(0);
    expect(await liveLeases()).toEqual([]);
    const devices = await server.ctx.database.db.selectFrom('device').selectAll().execute();
    expect(devices).toMatchObject([{ epoch: 21, soft_base_at: 0 }]);
    for (let knownEpoch = 30; knownEpoch < 40; knownEpoch++) await post({ knownEpoch });
    expect((await epochs()).length).toBeLessThan(6);
    // A restore had moved it to its own time, and the record is an even older copy.
    const { now } = server.clock;
    expect((await post({ knownEpoch: now + 3_600_000 })).body.type).toBe(
      'urn:postern:problem:invalid-request',
    );
    expect((await post({ knownEpoch: now - 86_400_000 })).body.epoch).toBe(now - 86_400_000 + 1);
  });

  it('takes a backup code in place of a code, once', async () => {
    const [code = ''] = member.backupCodes;
    const proofs = [{ method: 'backup-code', code: code.toLowerCase() }];
    expect((await post({ challengeId: await challengeId(), proofs })).status).toBe(201);
    const again = await post({ challengeId: await challengeId(), proofs });
    expect(again.body.code).toBe('code-already-used');
  });

  it('counts the code of the sign-in once, within the grace and not after a kick', async () => {
    await server.setPolicy({ signInGraceSeconds: 60 });
    server.nextStep();
    const fresh = await server.signIn(member);
    expect((await post({}, fresh.sessionToken)).status).toBe(201);
    expect((await post({}, fresh.sessionToken)).body.code).toBe('step-up-required');

    server.nextStep();
    const kicked = await server.signIn(member);
    const token = await server.addApiToken(['members:disconnect']);
    await server.request('POST', `/api/v1/member/${member.id}/disconnect`, { token });
    expect((await post({}, kicked.sessionToken)).body.code).toBe('step-up-required');

    server.nextStep();
    const late = await server.signIn(member);
    server.clock.now += 61_000;
    expect((await post({}, late.sessionToken)).body.code).toBe('step-up-required');
  });

  it('tells that the gateway is away before a code is spent', async () => {
    const id = await challengeId();
    await gateway.disconnect();
    await expect.poll(() => server.parts.registry.isOnline(gateway.id)).toBe(false);
    const code = server.codeOf(member);
    expect((await withCode(code, id)).body).toMatchObject({
      code: 'gateway-unavailable',
      isProofSpent: false,
    });
    await gateway.connect(server);
    expect((await withCode(code, id)).status).toBe(201);
  });

  it('says where the server is to a helper that can keep the way there open, and to no other', async () => {
    await server.setPolicy({ totpPriorConnection: false });
    const controlFor = async (helper?: object) => {
      const { status, body } = await post(helper === undefined ? {} : { helper });
      expect(status).toBe(201);
      return leaseClaims.parse(decodeJwt(body.lease)).control;
    };
    const version = '0.1.0';
    expect(await controlFor({ version, features: ['more', 'control'] })).toEqual(publicAddresses);
    for (const helper of [undefined, { version, features: [] }, { version, features: ['refresh'] }])
      expect(await controlFor(helper)).toBeUndefined();
    expect((await post({ helper: { version, features: [], more: 1 } })).status).toBe(400);
  });

  it('ends the lease when the gateway does not confirm, so that nothing half-open stays', async () => {
    const id = await challengeId();
    gateway.isConfirming = false;
    const answer = await withCode(server.codeOf(member), id);
    expect(answer.body.code).toBe('gateway-unavailable');
    expect(answer.body).not.toHaveProperty('isProofSpent');
    expect(await liveLeases()).toEqual([]);
    expect(gateway.orders.at(-1)).toBe('remove');
  });

  it('replaces the older lease of the device, and keeps peer and pre-shared key on a renewal with the same key', async () => {
    const wgPublicKey = newWgKey();
    const first = await withCode(server.codeOf(member), undefined, { wgPublicKey });
    server.nextStep();
    const before = gateway.orders.length;
    const renewed = await withCode(server.codeOf(member), undefined, { wgPublicKey });
    expect(renewed.status).toBe(201);
    expect(gateway.orders.slice(before)).toEqual(['add']);
    const psk = (lease: string) => leaseClaims.parse(decodeJwt(lease)).wg.presharedKey;
    expect(psk(renewed.body.lease)).toBe(psk(first.body.lease));
    server.nextStep();
    const other = newWgKey();
    expect((await withCode(server.codeOf(member), undefined, { wgPublicKey: other })).status).toBe(201);
    await expect.poll(() => [...gateway.peers.keys()]).toEqual([other]);
    expect(await liveLeases()).toHaveLength(1);
  });

  it('refuses a WireGuard key that another device or the gateway uses', async () => {
    const wgPublicKey = newWgKey();
    expect((await withCode(server.codeOf(member), undefined, { wgPublicKey })).status).toBe(201);
    const other = await server.addMember();
    const otherSession = await server.signIn(other);
    server.nextStep();
    for (const taken of [wgPublicKey, gateway.publicKey]) {
      const id = await challengeId(otherSession.sessionToken);
      const proofs = [{ method: 'totp', code: server.codeOf(other) }];
      const answer = await post({ wgPublicKey: taken, challengeId: id, proofs }, otherSession.sessionToken);
      expect(answer.body.code).toBe('invalid-request');
      server.nextStep();
    }
    expect(gateway.peers.size).toBe(1);
  });

  it('says that nothing is set up where the policy asks for an unlock', async () => {
    await server.setPolicy({ unlockPriorConnection: true });
    expect((await post()).body.code).toBe('unlock-not-enrolled');
  });

  it('ends its own lease on DELETE, idempotent, and nobody else’s', async () => {
    const { body } = await withCode(server.codeOf(member));
    const path = `/client/v1/connections/${body.leaseId}`;
    const other = await server.signIn(await server.addMember());
    expect((await server.request('DELETE', path, { token: other.sessionToken })).status).toBe(204);
    expect(gateway.peers.size).toBe(1);
    for (let time = 0; time < 2; time++)
      expect((await server.request('DELETE', path, { token: session.sessionToken })).status).toBe(204);
    expect(gateway.peers.size).toBe(0);
  });

  it('never takes a spent code again when the clock is set back', async () => {
    const code = server.codeOf(member);
    expect((await withCode(code)).status).toBe(201);
    server.clock.now -= 60_000;
    expect((await withCode(code)).status).toBe(401);
    server.clock.now += 60_000;
    expect((await withCode(code)).body.code).toBe('code-already-used');
  });

  it('begins no lease for a session that ended while its request was under way, gate or no gate', async () => {
    await server.setPolicy({ totpPriorConnection: false });
    const { ctx, parts } = server;
    const request = { gatewayId: gateway.id, wgPublicKey: newWgKey() };
    const { id: sessionId } = await ctx.database.db
      .selectFrom('session')
      .select('id')
      .executeTakeFirstOrThrow();
    const identity = {
      sessionId,
      memberId: member.id,
      deviceId: session.deviceId,
      role: 'member' as const,
      method: 'totp' as const,
    };
    await ctx.database.db
      .transaction()
      .execute((tx) =>
        setBlocked(tx, { memberId: member.id, isBlocked: true, actor: 'cli', now: server.clock.now }),
      );
    const { registry, ender, control } = parts;
    const deps = { ctx, registry, enforcement: ender, control };
    const answer = await connect(deps, identity, request, null);
    expect(answer).toMatchObject({ ok: false, problem: { code: 'member-blocked' } });
    expect(gateway.peers.size).toBe(0);
  });

  it('leaves the peer of a renewal alone when the gateway did not confirm the lease before it', async () => {
    await server.setPolicy({ totpPriorConnection: false });
    const wgPublicKey = newWgKey();
    gateway.isConfirming = false;
    const first = post({ wgPublicKey });
    await expect.poll(() => gateway.orders.filter((type) => type === 'add').length).toBe(1);
    gateway.isConfirming = true;
    expect((await post({ wgPublicKey })).status).toBe(201);
    expect((await first).body.code).toBe('gateway-unavailable');
    expect(gateway.orders).not.toContain('remove');
    expect([...gateway.peers.keys()]).toEqual([wgPublicKey]);
    expect(await liveLeases()).toHaveLength(1);
  }, 20_000);
});
