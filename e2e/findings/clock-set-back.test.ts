import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PIN, WireLab, WRONG_PINS } from './wire-lab.ts';

const HOUR_MS = 3_600_000;

describe('a clock that is set', () => {
  let lab: WireLab;
  beforeEach(async () => {
    lab = await WireLab.start();
  });
  afterEach(() => lab.stop());

  it('on the PC, does not shorten the wait after wrong PINs: the server counts it', async () => {
    const device = await lab.device();
    for (const guess of WRONG_PINS.slice(0, 3)) {
      const challenge = await device.challenge();
      await device.answer(challenge, await device.pinProof(challenge, guess));
    }
    const challenge = await device.challenge();
    expect(Date.parse(challenge.unlock?.pin?.waitUntil ?? '')).toBe(lab.server.clock.now + 30_000);
    for (const offset of [3600, -3600, 60]) {
      const uvAt = Math.floor(lab.server.clock.now / 1000) + offset;
      const answer = await device.answer(challenge, await device.pinProof(challenge, PIN, { uvAt }));
      expect(answer.status).not.toBe(201);
    }
    lab.server.clock.now += 31_000;
    const later = await device.challenge();
    expect((await device.answer(later, await device.pinProof(later, PIN))).status).toBe(201);
  });

  it('on the PC, does not make an old yes of the system a new one', async () => {
    const device = await lab.device({ pin: false, soft: true });
    const challenge = await device.challenge();
    for (const offset of [-3600, 3600]) {
      const uvAt = Math.floor(lab.server.clock.now / 1000) + offset;
      const answer = await device.answer(challenge, await device.softProof(challenge, { uvAt }));
      expect(answer.body).toMatchObject({ code: 'unlock-refused' });
    }
    expect(lab.gateway.peers.size).toBe(0);
  });

  it('back on the server, opens no window again', async () => {
    const device = await lab.device({ pin: false, soft: true });
    expect((await device.challenge()).requires).toEqual(['unlock']);
    lab.server.clock.now += 13 * HOUR_MS;
    expect((await device.challenge()).requires).toEqual(['totp', 'unlock']);
    // From here on the base of the window lies in the future of the clock.
    lab.server.clock.now -= 20 * HOUR_MS;
    expect((await device.challenge()).requires).toEqual(['totp', 'unlock']);
  });

  it('back on the server, gives no PIN back and keeps nobody out for longer than the longest wait', async () => {
    const device = await lab.device();
    for (const guess of WRONG_PINS.slice(0, 3)) {
      const challenge = await device.challenge();
      await device.answer(challenge, await device.pinProof(challenge, guess));
    }
    lab.server.clock.now -= HOUR_MS;
    const pin = (await device.challenge()).unlock?.pin;
    expect(pin?.attemptsLeft).toBe(2);
    expect(Date.parse(pin?.waitUntil ?? '') - lab.server.clock.now).toBeLessThanOrEqual(60_000);
  });
});
