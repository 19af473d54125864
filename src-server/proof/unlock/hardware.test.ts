import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptedGateway } from '../../testing/scripted-ends.ts';
import { type AuthenticatorQuirks, SoftwareAuthenticator } from '../../testing/software-authenticator.ts';
import { auditOf, TestDevice } from '../../testing/test-device.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

const PIN = '482913';

describe('hardware (level A) before a connection', () => {
  let server: TestServer;
  let gateway: ScriptedGateway;
  let device: TestDevice;
  beforeEach(async () => {
    server = await startTestServer();
    gateway = await ScriptedGateway.create(server);
    await gateway.connect(server);
    await server.setPolicy({ totpPriorConnection: false, unlockPriorConnection: true });
    device = await TestDevice.signIn(server, await server.addMember());
  });
  afterEach(async () => {
    await gateway.disconnect();
    await server.close();
  });

  const ask = () => device.ask(gateway.id);
  const lastCause = async (action = 'proof.uv-hw') => (await auditOf(server, action)).at(-1)?.cause;

  it.each(['ES256', 'RS256'] as const)(
    'registers a key of %s and lets its assertion in',
    async (algorithm) => {
      const authenticator = new SoftwareAuthenticator(algorithm);
      expect((await device.setHardware(authenticator)).status).toBe(204);
      const challenge = await ask();
      expect(challenge).toMatchObject({
        requires: ['unlock'],
        unlockMethods: ['uv-hw'],
        unlock: { uvHw: { credentialId: authenticator.id } },
      });
      const proof = { method: 'uv-hw', assertion: authenticator.get(challenge.nonce) };
      expect((await device.connect(gateway.id, challenge, [proof])).status).toBe(201);
      expect((await device.connect(gateway.id, challenge, [proof])).body.code).toBe('challenge-invalid');
    },
  );

  it.each<[string, AuthenticatorQuirks, string]>([
    ['another origin', { origin: 'https://unlock.postern.io.evil.example' }, 'origin'],
    ['another relying party', { rpId: 'postern.io' }, 'relying-party'],
    ['the type of an assertion', { type: 'webauthn.get' }, 'type'],
    ['no verified user', { isUserVerified: false }, 'user-not-verified'],
    ['nobody present', { isUserPresent: false }, 'user-not-verified'],
    ['a key that can leave the device', { isBackupEligible: true }, 'not-device-bound'],
    ['an attestation that was not asked for', { format: 'packed' }, 'attestation'],
  ])('does not register with %s, and burns no code', async (_, quirks, cause) => {
    const code = device.code();
    const refused = await device.setHardware(device.authenticator, quirks);
    expect(refused).toMatchObject({ status: 401, body: { code: 'unlock-refused', isProofSpent: false } });
    expect(await lastCause('unlock.set')).toBe(cause);
    server.nextStep(-1);
    expect((await device.setPin(PIN, { levelProof: code })).status).toBe(204);
  });

  it('does not register a key of another algorithm, over another nonce, or bytes that are nothing', async () => {
    await device.setHardware(new SoftwareAuthenticator('EdDSA'));
    expect(await lastCause('unlock.set')).toBe('algorithm');
    const put = async (attestation: object) => {
      const asked = await device.call('PUT', 'device/biometric', { level: 'uv-hw' });
      const challengeId = asked.body.challenge.id;
      const body = { level: 'uv-hw', attestation, challengeId, levelProof: device.code() };
      return device.call('PUT', 'device/biometric', body);
    };
    expect((await put(device.authenticator.create('bm9uY2U'))).body.code).toBe('unlock-refused');
    expect(await lastCause('unlock.set')).toBe('nonce');
    const good = device.authenticator.create('bm9uY2U');
    for (const bad of [
      {},
      { ...good, id: 7 },
      { ...good, response: { clientDataJSON: 'AAAA', attestationObject: 'AAAA' } },
    ])
      expect((await put(bad)).body.code).toBe('unlock-refused');
    expect(await lastCause('unlock.set')).toBe('malformed');
    expect((await device.row()).hardware_credential_id).toBeNull();
  });

  it.each<[string, AuthenticatorQuirks, string]>([
    ['another origin', { origin: 'http://localhost' }, 'origin'],
    ['another relying party', { rpId: 'postern.io' }, 'relying-party'],
    ['the type of a registration', { type: 'webauthn.create' }, 'type'],
    ['no verified user', { isUserVerified: false }, 'user-not-verified'],
    ['a key that can leave the device', { isBackupEligible: true }, 'not-device-bound'],
    ['a counter that does not grow', { counter: 3 }, 'counter'],
    ['a counter of nothing after it has counted', { counter: 0 }, 'counter'],
  ])('refuses an assertion with %s', async (_, quirks, cause) => {
    await device.setHardware();
    device.authenticator.counter = 2;
    const first = await ask();
    expect((await device.connect(gateway.id, first, [device.uvHw(first)])).status).toBe(201);
    const challenge = await ask();
    const answer = await device.connect(gateway.id, challenge, [device.uvHw(challenge, quirks)]);
    expect(answer).toMatchObject({
      status: 401,
      body: { code: 'unlock-refused', challenge: { unlockMethods: ['uv-hw'] } },
    });
    expect(await lastCause()).toBe(cause);
    expect(await auditOf(server, 'device.clone-alarm')).toHaveLength(cause === 'counter' ? 1 : 0);
    const next = answer.body.challenge;
    expect((await device.connect(gateway.id, next, [device.uvHw(next)])).status).toBe(201);
  });

  it('refuses an assertion over another nonce, by another credential, or with a wrong signature', async () => {
    await device.setHardware();
    const challenge = await ask();
    const other = new SoftwareAuthenticator();
    const forged = {
      ...other.get(challenge.nonce),
      id: device.authenticator.id,
      rawId: device.authenticator.id,
    };
    const proofs = [
      [device.authenticator.get('bm9uY2U'), 'nonce'],
      [other.get(challenge.nonce), 'foreign-credential'],
      [forged, 'signature'],
      [{}, 'malformed'],
    ] as const;
    for (const [assertion, cause] of proofs) {
      const answer = await device.connect(gateway.id, challenge, [{ method: 'uv-hw', assertion }]);
      expect(answer.body.code).toBe('unlock-refused');
      expect(await lastCause()).toBe(cause);
    }
    expect((await device.row()).hardware_counter).toBe(0);
    expect(gateway.peers.size).toBe(0);
  });

  it('takes an authenticator that never counts', async () => {
    device.authenticator.isCounting = false;
    await device.setHardware();
    for (let time = 0; time < 2; time++) {
      const challenge = await ask();
      expect((await device.connect(gateway.id, challenge, [device.uvHw(challenge)])).status).toBe(201);
    }
  });

  it('is a level proof for a new PIN, once for one challenge and not with that of a connection', async () => {
    await device.setHardware();
    const body = { salt: 'A'.repeat(22), proof: device.pinSecret(PIN) };
    const asked = await device.call('PUT', 'device/pin', body);
    expect(asked.body.challenge).toMatchObject({
      requires: ['totp'],
      unlockMethods: ['uv-hw'],
      unlock: { uvHw: { credentialId: device.authenticator.id } },
    });
    const { challenge } = asked.body;
    const toConnect = await ask();
    for (const wrong of [toConnect, undefined]) {
      const levelProof = device.uvHw(wrong ?? challenge);
      const answer = await device.call('PUT', 'device/pin', { ...body, levelProof, challengeId: wrong?.id });
      expect(answer.body.code).toBe(wrong ? 'challenge-invalid' : 'step-up-required');
    }
    const proven = { ...body, levelProof: device.uvHw(challenge), challengeId: challenge.id };
    expect((await device.call('PUT', 'device/pin', proven)).status).toBe(204);
    const again = { ...body, levelProof: device.uvHw(challenge), challengeId: challenge.id };
    expect((await device.call('PUT', 'device/pin', again)).body.code).toBe('challenge-invalid');
    expect((await ask()).unlockMethods).toEqual(['pin', 'uv-hw']);
    // And an assertion made for a set-up opens no connection.
    const setUp = await device.call('PUT', 'device/pin', body);
    const misused = await device.connect(gateway.id, setUp.body.challenge, [
      device.uvHw(setUp.body.challenge),
    ]);
    expect(misused.body.code).toBe('challenge-invalid');
  });

  it('is replaced by new hardware with the word of the old, both over one challenge', async () => {
    await device.setHardware();
    const asked = await device.call('PUT', 'device/biometric', { level: 'uv-hw' });
    const { challenge } = asked.body;
    const next = new SoftwareAuthenticator();
    const answer = await device.call('PUT', 'device/biometric', {
      level: 'uv-hw',
      attestation: next.create(challenge.nonce),
      levelProof: device.uvHw(challenge),
      challengeId: challenge.id,
    });
    expect(answer.status).toBe(204);
    const toConnect = await ask();
    expect(toConnect.unlock?.uvHw).toEqual({ credentialId: next.id });
    const old = await device.connect(gateway.id, toConnect, [device.uvHw(toConnect)]);
    expect(old.body.code).toBe('unlock-refused');
    const proof = { method: 'uv-hw', assertion: next.get(toConnect.nonce) };
    expect((await device.connect(gateway.id, toConnect, [proof])).status).toBe(201);
  });

  it('is the way on when the PIN is gone, together with a code', async () => {
    await device.setHardware();
    await device.setPin(PIN);
    let removed: Awaited<ReturnType<TestDevice['connect']>> | undefined;
    for (let time = 0; time < 5; time++) {
      const challenge = await ask();
      removed = await device.connect(gateway.id, challenge, [await device.pin(challenge, '777123')]);
      server.clock.now += 60_000;
    }
    expect(removed?.body).toMatchObject({
      code: 'pin-removed',
      challenge: { requires: ['totp', 'unlock'], unlockMethods: ['uv-hw'] },
    });
    const asked = await device.call('PUT', 'device/pin', {
      salt: 'A'.repeat(22),
      proof: device.pinSecret(PIN),
    });
    expect(asked.body.challenge).toMatchObject({ requires: ['totp'], unlockMethods: [] });
    const challenge = await ask();
    const alone = await device.connect(gateway.id, challenge, [device.uvHw(challenge)]);
    expect(alone.body.code).toBe('step-up-required');
    const both = [device.code(), device.uvHw(challenge)];
    expect((await device.connect(gateway.id, challenge, both)).status).toBe(201);
    expect((await ask()).requires).toEqual(['unlock']);
  });
});
