import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WireDevice } from './wire-device.ts';
import { WireLab } from './wire-lab.ts';

describe('a one-time password that somebody has seen, guesses or races', () => {
  let lab: WireLab;
  let device: WireDevice;
  beforeEach(async () => {
    lab = await WireLab.start({ signInGraceSeconds: 0 });
    device = await lab.device({ pin: false });
  });
  afterEach(() => lab.stop());

  const totp = (code: string) => ({ method: 'totp' as const, code });

  it('opens once: not again under a new challenge, and not at the doors beside', async () => {
    const code = device.freshCode();
    const first = await device.challenge();
    expect((await device.answer(first, totp(code))).status).toBe(201);
    const second = await device.challenge();
    expect(await device.answer(second, totp(code))).toMatchObject({ body: { code: 'code-already-used' } });
    const setPin = { salt: 'A'.repeat(22), proof: 'A'.repeat(43), levelProof: totp(code) };
    expect((await device.request('PUT', 'device/pin', setPin)).body).toMatchObject({
      code: 'code-already-used',
    });
    await expect(lab.server.signIn(device.member)).rejects.toThrow('code-already-used');
  });

  it('opens once, also when two challenges race with it', async () => {
    const code = device.freshCode();
    const challenges = [await device.challenge(), await device.challenge()];
    const answers = await Promise.all(challenges.map((challenge) => device.answer(challenge, totp(code))));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  });

  it('is five guesses in fifteen minutes, counted across connection, set-up and sign-in', async () => {
    const right = [-1, 0, 1].map((step) => device.codeAt(step));
    const guesses = Array.from({ length: 20 }, (_, guess) => String(guess).padStart(6, '0'))
      .filter((guess) => !right.includes(guess))
      .slice(0, 5);
    const answers: string[] = [];
    for (const [index, guess] of guesses.entries()) {
      const challenge = await device.challenge();
      const levelProof = totp(guess);
      const setPin = { salt: 'A'.repeat(22), proof: 'A'.repeat(43), levelProof };
      const answer =
        index % 2 === 0
          ? await device.answer(challenge, levelProof)
          : await device.request('PUT', 'device/pin', setPin);
      answers.push(answer.body.code);
    }
    expect(answers).toEqual(Array(5).fill('invalid-code'));
    const challenge = await device.challenge();
    const answer = await device.answer(challenge, totp(device.codeAt(1)));
    expect(answer).toMatchObject({ status: 429, body: { code: 'too-many-attempts' } });
    expect(lab.gateway.peers.size).toBe(0);
  });

  it('is not taken two steps late', async () => {
    const code = device.freshCode();
    lab.server.nextStep(2);
    const challenge = await device.challenge();
    expect((await device.answer(challenge, totp(code))).body).toMatchObject({ code: 'invalid-code' });
  });
});
