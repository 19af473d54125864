import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PIN, unlockOnly, WireLab } from './wire-lab.ts';

describe('a client that answers with a weaker method than it was asked for', () => {
  let lab: WireLab;
  beforeEach(async () => {
    lab = await WireLab.start();
  });
  afterEach(() => lab.stop());

  it('gets nowhere with the system prompt where the team allows only the PIN', async () => {
    const device = await lab.device({ soft: true });
    await lab.server.setPolicy({ ...unlockOnly, unlockMethods: ['pin'] });
    const challenge = await device.challenge();
    expect(challenge.unlockMethods).toEqual(['pin']);
    const answer = await device.answer(challenge, await device.softProof(challenge));
    expect(answer).toMatchObject({ status: 401, body: { code: 'unlock-refused' } });
    const asked = await device.challenge();
    expect((await device.answer(asked, await device.pinProof(asked, PIN))).status).toBe(201);
  });

  it('gets nowhere with a challenge from before the team became stricter', async () => {
    const device = await lab.device({ soft: true });
    const challenge = await device.challenge();
    expect(challenge.unlockMethods).toContain('uv-soft');
    const proof = await device.softProof(challenge);
    await lab.server.setPolicy({ ...unlockOnly, unlockMethods: ['pin'] });
    expect((await device.answer(challenge, proof)).status).toBe(401);
    expect(lab.gateway.peers.size).toBe(0);
  });

  it('gets nowhere with half of what was asked for, or with the same half twice', async () => {
    const device = await lab.device({ soft: true });
    await lab.server.setPolicy({ ...unlockOnly, totpPriorConnection: true });
    for (const halves of ['pin', 'totp', 'pin and soft'] as const) {
      const challenge = await device.challenge();
      expect(challenge.requires).toEqual(['totp', 'unlock']);
      const pin = await device.pinProof(challenge, PIN);
      const code = { method: 'totp' as const, code: device.freshCode() };
      const soft = await device.softProof(challenge);
      const proofs = { pin: [pin], totp: [code], 'pin and soft': [pin, soft] }[halves];
      expect((await device.answer(challenge, ...proofs)).status, halves).not.toBe(201);
    }
    expect(lab.gateway.peers.size).toBe(0);
    const whole = await device.challenge();
    const code = { method: 'totp' as const, code: device.freshCode() };
    expect((await device.answer(whole, await device.pinProof(whole, PIN), code)).status).toBe(201);
  });

  it('gets nowhere with a key of its own making for the soft unlock', async () => {
    const [device, thief] = [await lab.device({ soft: true }), await lab.device({ soft: true })];
    const challenge = await device.challenge();
    const forged = await device.softProof(challenge, { key: thief.secrets.key });
    expect((await device.answer(challenge, forged)).status).toBe(401);
    expect(lab.gateway.peers.size).toBe(0);
  });

  it('registers nothing for itself without a code', async () => {
    const device = await lab.device({ pin: false });
    const { publicKey } = device.secrets;
    const soft = await device.request('PUT', 'device/biometric', { level: 'uv-soft', publicKey });
    expect(soft).toMatchObject({ status: 401, body: { code: 'step-up-required' } });
    const salt = 'AAAAAAAAAAAAAAAAAAAAAA';
    const pin = await device.request('PUT', 'device/pin', { salt, proof: 'A'.repeat(43) });
    expect(pin).toMatchObject({ status: 401, body: { code: 'step-up-required' } });
    expect((await device.connect()).body).toMatchObject({ code: 'unlock-not-enrolled' });
  });
});
