import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PIN, WireLab } from './wire-lab.ts';

describe('a proof that somebody has recorded', () => {
  let lab: WireLab;
  beforeEach(async () => {
    lab = await WireLab.start();
  });
  afterEach(() => lab.stop());

  it('opens once: not again, not under a new challenge, and the challenge takes no second proof', async () => {
    const device = await lab.device();
    const challenge = await device.challenge();
    const proof = await device.pinProof(challenge, PIN);
    expect((await device.answer(challenge, proof)).status).toBe(201);
    const again = await device.answer(challenge, proof);
    expect(again).toMatchObject({ status: 401, body: { code: 'challenge-invalid' } });
    const second = await device.answer(challenge, await device.pinProof(challenge, PIN));
    expect(second).toMatchObject({ status: 401, body: { code: 'challenge-invalid' } });
    const next = await device.challenge();
    expect(await device.answer(next, proof)).toMatchObject({ status: 401, body: { code: 'unlock-refused' } });
    expect(lab.gateway.peers.size).toBe(1);
  });

  it('opens once, also when it comes many times at the same moment', async () => {
    const device = await lab.device();
    const challenge = await device.challenge();
    const proof = await device.pinProof(challenge, PIN);
    const answers = await Promise.all(Array.from({ length: 8 }, () => device.answer(challenge, proof)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  });

  it('a counter that does not grow is a clone alarm, whatever else is right', async () => {
    const device = await lab.device();
    const challenge = await device.challenge();
    expect((await device.answer(challenge, await device.pinProof(challenge, PIN))).status).toBe(201);
    const next = await device.challenge();
    const cloned = await device.pinProof(next, PIN, { ctr: device.counter });
    expect(await device.answer(next, cloned)).toMatchObject({ body: { code: 'unlock-refused' } });
    expect(await lab.audit(device.session.deviceId)).toContain('device.clone-alarm:refused');
  });

  it.each([
    ['for another server', { aud: 'https://other.example' }],
    ['over another nonce', { nonce: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    ['for another method', { method: 'uv-soft' as const }],
    ['for another device', { deviceId: '01890000-0000-7000-8000-00000000000a' }],
  ])('%s opens nothing', async (_what, forgery) => {
    const device = await lab.device();
    const challenge = await device.challenge();
    const answer = await device.answer(challenge, await device.pinProof(challenge, PIN, forgery));
    expect(answer).toMatchObject({ status: 401, body: { code: 'unlock-refused' } });
    expect(lab.gateway.peers.size).toBe(0);
  });

  it('of another device opens nothing', async () => {
    const [mine, other] = [await lab.device(), await lab.device()];
    const challenge = await mine.challenge();
    const foreign = await other.answer(challenge, await mine.pinProof(challenge, PIN));
    expect(foreign).toMatchObject({ status: 401, body: { code: 'challenge-invalid' } });
    expect(lab.gateway.peers.size).toBe(0);
  });

  it('is worth nothing 60 seconds after the question', async () => {
    const device = await lab.device();
    const challenge = await device.challenge();
    expect(Date.parse(challenge.expiresAt) - lab.server.clock.now).toBeLessThanOrEqual(60_000);
    const proof = await device.pinProof(challenge, PIN);
    lab.server.clock.now += 61_000;
    expect(await device.answer(challenge, proof)).toMatchObject({ body: { code: 'challenge-invalid' } });
  });
});
