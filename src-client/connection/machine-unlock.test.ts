import { describe, expect, it } from 'vitest';
import { problem } from '../../src-shared/problem.ts';
import type { ProofRef } from './machine-types.ts';
import {
  answered,
  GATEWAY,
  nextTicket,
  proof,
  refuse,
  refuseFlat,
  signedIn,
} from './testing/machine-steps.ts';
import { type MachineWorld, makeLease, makeUnlockChallenge } from './testing/machine-world.ts';

describe('the gate, with a PIN or the system', () => {
  function atUnlockGate(challenge = makeUnlockChallenge()): MachineWorld {
    const world = signedIn();
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    refuse(world, undefined, challenge);
    expect(world.view.phase).toBe('gate');
    return world;
  }
  const answerOf = (...methods: ('pin' | 'uv-soft' | 'uv-hw')[]): ProofRef => {
    return { ticket: nextTicket(), parts: methods.map((method) => ({ method })) };
  };
  const prompt = (world: MachineWorld) => {
    if (world.view.phase !== 'gate') throw new Error(`at ${world.view.phase}`);
    return world.view.prompt;
  };

  it('shows that the system asks, then that the answer is on its way', () => {
    const world = atUnlockGate();
    world.feed({ type: 'user.submit', proof: answerOf('uv-soft') });
    expect(prompt(world)).toMatchObject({ prompting: 'uv-soft', isChecking: false });
    world.feed({ type: 'user.submit', proof: answerOf('pin') });
    expect(answered(world)).toBe('wrong-state');
    const id = world.sent();
    expect(prompt(world)).toMatchObject({ prompting: null, isChecking: true });
    world.feed({ type: 'answer.connection', id, outcome: { granted: makeLease(1) } });
    expect(world.view.phase).toBe('connecting');
  });

  it('that the user lets be stays as it was, and costs no try', () => {
    const world = atUnlockGate();
    world.feed({ type: 'user.submit', proof: answerOf('pin') });
    refuseFlat(world, problem('wrong-pin', undefined, { attemptsLeft: 4 }));
    const before = prompt(world);
    for (const code of ['cancelled', 'prompt-timeout'] as const) {
      world.feed({ type: 'user.submit', proof: answerOf('uv-soft') });
      const { id } = world.last('requestConnection');
      const outcome = { refused: problem(code), challenge: null, mayHaveArrived: false };
      world.feed({ type: 'answer.connection', id, outcome });
      expect(answered(world)).toBe(code);
      expect(prompt(world)).toEqual(before);
    }
  });

  it('takes the question back for cancelPrompt, a lock, sleep, a cancel and the end of the session', () => {
    const ends = [
      { type: 'user.cancel-prompt' },
      { type: 'lock' },
      { type: 'suspend' },
      { type: 'user.cancel', source: 'cli' },
      { type: 'user.disconnect', source: 'cli' },
      { type: 'session-ended', reason: null },
      { type: 'channel.stopped', problem: problem('protocol-error') },
    ] as const;
    for (const end of ends) {
      const world = atUnlockGate();
      world.feed({ type: 'user.submit', proof: answerOf('uv-hw') });
      const { id } = world.last('requestConnection');
      world.feed(end);
      expect(world.effects).toContainEqual({ type: 'abandonProof', id });
      expect(world.machine.request).toBeNull();
      if (world.view.phase === 'gate')
        expect(prompt(world)).toMatchObject({ prompting: null, lastFailure: null });
    }
  });

  it('does not let cancelPrompt stop an answer that has left', () => {
    const world = atUnlockGate();
    world.feed({ type: 'user.submit', proof: answerOf('pin') });
    world.sent();
    world.feed({ type: 'user.cancel-prompt' });
    world.feed({ type: 'lock' });
    expect(prompt(world).isChecking).toBe(true);
    expect(world.has('abandonProof')).toBe(false);
  });

  it('fetches a fresh challenge before it asks the system, unless there is time enough', () => {
    const inMs = (ms: number) => new Date(Date.parse('2026-11-21T12:00:00.000Z') + ms).toISOString();
    for (const [leftMs, method, isEnough] of [
      [49_000, 'uv-soft', false],
      [51_000, 'uv-soft', true],
      [1_900, 'pin', false],
      [2_100, 'pin', true],
    ] as const) {
      const world = atUnlockGate(makeUnlockChallenge({ expiresAt: inMs(leftMs) }));
      const given = answerOf(method);
      world.feed({ type: 'user.submit', proof: given });
      expect(world.last('requestConnection').proof).toEqual(isEnough ? given : null);
      if (isEnough) continue;
      const fresh = refuse(world, undefined, makeUnlockChallenge({ expiresAt: inMs(60_000) }));
      expect(world.last('requestConnection')).toMatchObject({ challenge: { id: fresh.id }, proof: given });
    }
  });

  it('drops an answer that waits for a fresh challenge when the screen is locked', () => {
    const world = atUnlockGate(makeUnlockChallenge({ expiresAt: '2026-11-21T12:00:01.000Z' }));
    world.feed({ type: 'user.submit', proof: answerOf('pin') });
    world.feed({ type: 'lock' });
    expect(answered(world)).toBe('cancelled');
    expect(world.machine.heldProof).toBeNull();
    expect(prompt(world)).toMatchObject({ isChecking: false, lastFailure: null });
  });

  it('does not send a held answer to a challenge that wants more than before', () => {
    const world = atUnlockGate(makeUnlockChallenge({ expiresAt: '2026-11-21T12:00:01.000Z' }));
    world.feed({ type: 'user.submit', proof: answerOf('pin') });
    refuse(world, undefined, makeUnlockChallenge({ requires: ['totp', 'unlock'] }));
    expect(answered(world)).toBe('challenge-invalid');
    expect(prompt(world)).toMatchObject({ isChecking: false, challenge: { requires: ['totp', 'unlock'] } });
    expect(world.last('requestConnection').proof).toBeNull();
  });

  it('sends only what fits', () => {
    const world = atUnlockGate(makeUnlockChallenge({ unlockMethods: ['pin'] }));
    for (const [given, code] of [
      [answerOf('uv-hw'), 'unlock-unavailable'],
      [proof('a'), 'invalid-request'],
    ] as const) {
      world.feed({ type: 'user.submit', proof: given });
      expect(answered(world)).toBe(code);
      expect(world.has('requestConnection')).toBe(false);
    }
  });

  it('sends a PIN again, and a code again that was not looked at because of the PIN', () => {
    const world = atUnlockGate(makeUnlockChallenge({ requires: ['totp', 'unlock'] }));
    const both = (): ProofRef => {
      const code = proof('a');
      return { ...code, parts: [...code.parts, { method: 'pin' }] };
    };
    world.feed({ type: 'user.submit', proof: both() });
    refuseFlat(world, problem('wrong-pin', undefined, { attemptsLeft: 4 }));
    expect(prompt(world)).toMatchObject({
      attemptsLeft: 4,
      lastFailure: { code: 'wrong-pin' },
      challenge: { unlock: { pin: { attemptsLeft: 4 } } },
    });
    world.feed({ type: 'user.submit', proof: both() });
    expect(world.has('requestConnection')).toBe(true);
    refuseFlat(world, problem('invalid-code'));
    world.feed({ type: 'user.submit', proof: both() });
    expect(answered(world)).toBe('invalid-code');
    expect(world.has('requestConnection')).toBe(false);
  });

  it('holds back the PIN alone while it has to wait, also by the word of a fresh challenge', () => {
    const world = atUnlockGate();
    world.feed({ type: 'user.submit', proof: answerOf('pin') });
    refuseFlat(world, problem('wrong-pin', undefined, { attemptsLeft: 2, retryAfterMs: 30_000 }));
    const until = new Date(world.at + 30_000).toISOString();
    expect(prompt(world)).toMatchObject({
      waitUntil: until,
      challenge: { unlock: { pin: { waitUntil: until } } },
    });
    world.feed({ type: 'user.submit', proof: answerOf('pin') });
    expect(world.last('settle').problem).toMatchObject({ code: 'too-many-attempts', retryAfterMs: 30_000 });
    world.feed({ type: 'user.submit', proof: answerOf('uv-soft') });
    expect(world.has('requestConnection')).toBe(true);

    const later = atUnlockGate(makeUnlockChallenge({}, { waitUntil: '2026-11-21T12:00:20.000Z' }));
    expect(prompt(later).waitUntil).toBe('2026-11-21T12:00:20.000Z');
    later.feed({ type: 'user.submit', proof: answerOf('pin') });
    expect(answered(later)).toBe('too-many-attempts');
  });

  it('ends at the set-up when nothing is left to unlock with, and goes on with what is left', () => {
    for (const code of ['pin-removed', 'unlock-not-enrolled'] as const) {
      const world = atUnlockGate();
      world.feed({ type: 'user.submit', proof: answerOf('pin') });
      refuseFlat(world, problem(code));
      expect(world.view).toMatchObject({ phase: 'disconnected', cause: { code } });
    }
    const world = atUnlockGate();
    world.feed({ type: 'user.submit', proof: answerOf('pin') });
    const left = refuse(world, problem('pin-removed'), makeUnlockChallenge({ unlockMethods: ['uv-hw'] }));
    expect(prompt(world)).toMatchObject({ challenge: { id: left.id }, lastFailure: { code: 'pin-removed' } });
    const fresh = atUnlockGate(makeUnlockChallenge({ expiresAt: '2026-11-21T12:00:01.000Z' }));
    fresh.feed({ type: 'user.submit', proof: answerOf('pin') });
    refuseFlat(fresh, problem('unlock-not-enrolled'));
    expect(fresh.view).toMatchObject({ phase: 'disconnected', cause: { code: 'unlock-not-enrolled' } });
  });

  it('says what is wrong with the keyring and stays, since another way may work', () => {
    const world = atUnlockGate();
    for (const code of ['keychain-locked', 'keychain-unavailable', 'unlock-key-missing'] as const) {
      world.feed({ type: 'user.submit', proof: answerOf('pin') });
      const { id } = world.last('requestConnection');
      const outcome = { refused: problem(code), challenge: null, mayHaveArrived: false };
      world.feed({ type: 'answer.connection', id, outcome });
      expect(prompt(world)).toMatchObject({ lastFailure: { code }, isChecking: false });
    }
  });
});
