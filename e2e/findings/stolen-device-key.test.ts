import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PIN, WireLab, WRONG_PINS } from './wire-lab.ts';

const HOUR_MS = 3_600_000;

describe('the device key and the pepper, read from the keyring by another program of the same user', () => {
  let lab: WireLab;
  beforeEach(async () => {
    lab = await WireLab.start();
  });
  afterEach(() => lab.stop());

  it('are not enough where a PIN is asked for: five guesses, and then there is nothing left to guess', async () => {
    const device = await lab.device();
    const answers: string[] = [];
    for (const guess of WRONG_PINS) {
      // As patient as the server asks for.
      lab.server.clock.now += 61_000;
      const challenge = await device.challenge();
      answers.push((await device.answer(challenge, await device.pinProof(challenge, guess))).body.code);
    }
    expect(answers).toEqual(['wrong-pin', 'wrong-pin', 'wrong-pin', 'wrong-pin', 'pin-removed']);
    expect((await device.connect()).body).toMatchObject({ code: 'unlock-not-enrolled' });
    expect(lab.gateway.peers.size).toBe(0);
  });

  it('speed up nothing: within the wait not even the right PIN is looked at', async () => {
    const device = await lab.device();
    for (const guess of WRONG_PINS.slice(0, 3)) {
      const challenge = await device.challenge();
      await device.answer(challenge, await device.pinProof(challenge, guess));
    }
    const challenge = await device.challenge();
    const answer = await device.answer(challenge, await device.pinProof(challenge, PIN));
    expect(answer).toMatchObject({ status: 429, body: { code: 'too-many-attempts' } });
    expect(lab.gateway.peers.size).toBe(0);
  });

  it('guesses that come at once are charged one by one', async () => {
    const device = await lab.device();
    const challenge = await device.challenge();
    const proofs = [];
    for (let guess = 0; guess < 12; guess++)
      proofs.push(await device.pinProof(challenge, WRONG_PINS[guess % WRONG_PINS.length] ?? ''));
    const answers = await Promise.all(proofs.map((proof) => device.answer(challenge, proof)));
    const looked = answers.filter(({ body }) => body.code === 'wrong-pin' || body.code === 'pin-removed');
    expect(looked.length).toBeLessThanOrEqual(3);
    expect(answers.some(({ status }) => status === 201)).toBe(false);
  });

  it('open within the window of a soft unlock, which is why it is capped, and not a moment longer', async () => {
    const device = await lab.device({ pin: false, soft: true });
    const inside = await device.challenge();
    expect(inside.requires).toEqual(['unlock']);
    expect((await device.answer(inside, await device.softProof(inside))).status).toBe(201);

    // A soft proof never moves the window, however often it is given.
    lab.server.clock.now += 11 * HOUR_MS;
    const late = await device.challenge();
    expect((await device.answer(late, await device.softProof(late))).status).toBe(201);
    lab.server.clock.now += HOUR_MS + 1;
    const outside = await device.challenge();
    expect(outside.requires).toEqual(['totp', 'unlock']);
    expect((await device.answer(outside, await device.softProof(outside))).status).toBe(401);
  });

  it('end with the device: once it is removed they open nothing', async () => {
    const device = await lab.device({ soft: true });
    const challenge = await device.challenge();
    const proof = await device.pinProof(challenge, PIN);
    expect((await device.request('DELETE', `devices/${device.session.deviceId}`)).status).toBe(204);
    expect((await device.answer(challenge, proof)).status).toBe(401);
    expect((await device.connect()).body).toMatchObject({ code: 'session-invalid' });
  });
});
