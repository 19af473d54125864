import { describe, expect, it } from 'vitest';
import { noGateWarning } from '../../../src-shared/policy.ts';
import { problem } from '../../../src-shared/problem.ts';
import type { CodeMethod, ProofRef } from './machine-types.ts';
import {
  gatedPolicy,
  MachineWorld,
  makeChallenge,
  makeLease,
  makeReason,
  makeStatus,
  makeUnlockChallenge,
  openPolicy,
} from './testing/machine-world.ts';

const GATEWAY = 'gw';

function signedIn(policy = gatedPolicy): MachineWorld {
  const world = new MachineWorld();
  world.feed({ type: 'signed-in' });
  world.feed({ type: 'channel.opened', epoch: 1 });
  world.feed({ type: 'server.policy', policy });
  return world;
}

function grant(world: MachineWorld, lease = makeLease(1)) {
  const id = world.sent();
  world.feed({ type: 'answer.connection', id, outcome: { granted: lease } });
  return lease;
}

function refuse(world: MachineWorld, refused = problem('step-up-required'), challenge = makeChallenge()) {
  const id = world.sent();
  const outcome = { refused, challenge, mayHaveArrived: true };
  world.feed({ type: 'answer.connection', id, outcome });
  return challenge;
}

function refuseFlat(world: MachineWorld, refused = problem('invalid-code'), mayHaveArrived = true) {
  const id = world.sent();
  world.feed({ type: 'answer.connection', id, outcome: { refused, challenge: null, mayHaveArrived } });
}

function handshake(world: MachineWorld, leaseId: string) {
  const id = world.last('helperUp').id;
  world.feed({ type: 'helper.up-answer', id, problem: null });
  world.feed({ type: 'helper.status', status: makeStatus('up', leaseId), handshakeAgeMs: 0 });
}

function connected(policy = gatedPolicy): { world: MachineWorld; lease: ReturnType<typeof makeLease> } {
  const world = signedIn(policy);
  world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
  const lease = grant(world);
  handshake(world, lease.leaseId);
  expect(world.view.phase).toBe('connected');
  return { world, lease };
}

function atGate(): MachineWorld {
  const world = signedIn();
  world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
  refuse(world);
  expect(world.view.phase).toBe('gate');
  return world;
}

let tickets = 100;
function proof(fingerprint: string, method: CodeMethod = 'totp'): ProofRef {
  tickets += 1;
  return { ticket: tickets, parts: [{ method, fingerprint }] };
}

function answered(world: MachineWorld) {
  return world.last('settle').problem?.code ?? null;
}

describe('connecting', () => {
  it('is connected only once bytes were received for this lease', () => {
    const world = signedIn();
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    expect(world.view).toMatchObject({ phase: 'connecting', lease: null });
    const lease = grant(world);
    expect(world.last('helperUp').leaseId).toBe(lease.leaseId);
    world.feed({
      type: 'helper.status',
      status: makeStatus('starting', lease.leaseId),
      handshakeAgeMs: null,
    });
    world.feed({ type: 'helper.status', status: makeStatus('up', makeLease(1).leaseId), handshakeAgeMs: 0 });
    expect(world.view.phase).toBe('connecting');
    world.feed({ type: 'helper.status', status: makeStatus('up', lease.leaseId), handshakeAgeMs: 0 });
    expect(world.view).toMatchObject({
      phase: 'connected',
      health: 'good',
      since: new Date(world.at).toISOString(),
    });
  });

  it('asks for a proof when the server wants one', () => {
    const world = atGate();
    expect(world.view).toMatchObject({ phase: 'gate', prompt: { lastFailure: null, isChecking: false } });
    expect(world.allEffects.some((effect) => effect.type === 'helperUp')).toBe(false);
  });

  it('waits and tries again when the server cannot be reached, at once when the network comes back', () => {
    const world = signedIn();
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    refuseFlat(world, problem('server-unreachable'));
    expect(world.view).toMatchObject({ phase: 'reconnecting', cause: { code: 'server-unreachable' } });
    const { id } = world.last('scheduleRetry');
    world.feed({ type: 'retry-scheduled', id, nextTryAt: '2026-11-21T12:00:01.000Z' });
    expect(world.view).toMatchObject({ nextTryAt: '2026-11-21T12:00:01.000Z' });
    world.feed({ type: 'network-changed' });
    expect(world.has('cancelRetry') && world.has('requestConnection')).toBe(true);
  });

  it('stops with the cause when trying again is no use', () => {
    const world = signedIn();
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    refuseFlat(world, problem('member-blocked'));
    expect(world.view).toMatchObject({ phase: 'disconnected', cause: { code: 'member-blocked' } });
  });

  it('gives back a lease that comes after the user has cancelled', () => {
    const world = signedIn();
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    world.feed({ type: 'user.cancel', source: 'cli' });
    expect(world.view.phase).toBe('disconnected');
    const lease = grant(world);
    expect(world.effects).toEqual([{ type: 'deleteConnection', leaseId: lease.leaseId }]);
    expect(world.view.phase).toBe('disconnected');
  });

  it('never uses a lease from before the newest epoch', () => {
    const world = signedIn();
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    world.feed({ type: 'channel.opened', epoch: 2 });
    const lease = grant(world, makeLease(1));
    expect(world.allEffects.some((effect) => effect.type === 'helperUp')).toBe(false);
    expect(world.last('deleteConnection').leaseId).toBe(lease.leaseId);
    expect(world.view).toMatchObject({ phase: 'disconnecting', next: 'gate' });
  });

  it('never uses a lease whose end was heard of before its beginning', () => {
    const world = signedIn();
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    const lease = makeLease(1);
    const reason = makeReason('idle');
    world.feed({ type: 'server.disconnect', epoch: 1, leaseId: lease.leaseId, reason, challenge: null });
    grant(world, lease);
    expect(world.has('helperUp')).toBe(false);
    expect(world.view).toMatchObject({ phase: 'disconnecting', next: 'gate' });
  });

  it('takes no answer to an earlier request for the one to this', () => {
    const world = signedIn();
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    const { id } = world.last('requestConnection');
    world.feed({ type: 'user.cancel', source: 'cli' });
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    world.feed({ type: 'answer.connection', id, outcome: { granted: makeLease(1) } });
    expect(world.effects.map((effect) => effect.type)).toEqual(['deleteConnection']);
    expect(world.view).toMatchObject({ phase: 'connecting', lease: null });
  });

  it('tells the helper to go down and gives the lease back when the helper refuses it for good', () => {
    const world = signedIn();
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    grant(world);
    const { id } = world.last('helperUp');
    world.feed({ type: 'helper.up-answer', id, problem: problem('untrusted-server') });
    expect(world.has('helperDown') && world.has('deleteConnection')).toBe(true);
    world.feed({ type: 'helper.down-answer', id: world.last('helperDown').id, problem: null });
    expect(world.view).toMatchObject({ phase: 'disconnected', cause: { code: 'untrusted-server' } });
  });
});

describe('a disconnect by the server', () => {
  it('opens the gate with the challenge of the frame, and the helper goes down in the same step', () => {
    const { world, lease } = connected();
    const reason = makeReason();
    const challenge = makeChallenge(reason);
    world.feed({ type: 'server.disconnect', epoch: 2, leaseId: lease.leaseId, reason, challenge });
    expect(world.view).toMatchObject({ phase: 'gate', prompt: { challenge: { id: challenge.id }, reason } });
    expect(world.effects.map((effect) => effect.type)).toEqual(
      expect.arrayContaining(['helperDown', 'warmServer', 'notify', 'channelStatus']),
    );
    expect(world.has('requestConnection')).toBe(false);
  });

  it('without a challenge in the frame asks the server for one', () => {
    const { world, lease } = connected();
    world.feed({
      type: 'server.disconnect',
      epoch: 2,
      leaseId: lease.leaseId,
      reason: makeReason(),
      challenge: null,
    });
    expect(world.view).toMatchObject({ phase: 'disconnecting', next: 'gate' });
    expect(world.last('requestConnection').proof).toBeNull();
    refuse(world);
    expect(world.view).toMatchObject({ phase: 'gate', prompt: { reason: makeReason() } });
  });

  it('keeps asking for the challenge while the server cannot be reached, and goes nowhere else', () => {
    const { world, lease } = connected();
    world.feed({
      type: 'server.disconnect',
      epoch: 2,
      leaseId: lease.leaseId,
      reason: makeReason(),
      challenge: null,
    });
    refuseFlat(world, problem('server-unreachable'));
    expect(world.view).toMatchObject({ phase: 'disconnecting', next: 'gate' });
    world.feed({ type: 'retry-due', id: world.last('scheduleRetry').id });
    refuse(world);
    expect(world.view.phase).toBe('gate');
  });

  it('without a gate policy leads to reconnecting with the warning, which stays', () => {
    const { world, lease } = connected(openPolicy);
    world.feed({
      type: 'server.disconnect',
      epoch: 2,
      leaseId: lease.leaseId,
      reason: makeReason(),
      challenge: null,
    });
    expect(world.view).toMatchObject({ phase: 'reconnecting', warning: noGateWarning, lease: null });
    expect(world.has('helperDown')).toBe(true);
    world.feed({ type: 'retry-due', id: world.last('scheduleRetry').id });
    const next = grant(world, makeLease(2));
    handshake(world, next.leaseId);
    expect(world.view).toMatchObject({ phase: 'connected', warning: noGateWarning });
  });

  it('that was replayed from before this lease is ignored', () => {
    const { world } = connected();
    world.feed({
      type: 'server.disconnect',
      epoch: 1,
      leaseId: makeLease(0).leaseId,
      reason: makeReason(),
      challenge: null,
    });
    expect(world.view.phase).toBe('connected');
  });

  it('during a check voids the proof on its way', () => {
    const world = atGate();
    world.feed({ type: 'user.submit', proof: proof('a') });
    const { id } = world.last('requestConnection');
    const challenge = makeChallenge(makeReason());
    world.feed({ type: 'server.disconnect', epoch: 2, leaseId: null, reason: makeReason(), challenge });
    expect(answered(world)).toBe('challenge-invalid');
    expect(world.view).toMatchObject({
      phase: 'gate',
      prompt: { challenge: { id: challenge.id }, isChecking: false },
    });
    world.feed({ type: 'answer.connection', id, outcome: { granted: makeLease(1) } });
    expect(world.view.phase).toBe('gate');
    expect(world.has('deleteConnection')).toBe(true);
  });

  it('while nothing is up only changes the reason', () => {
    const world = signedIn();
    world.feed({
      type: 'server.disconnect',
      epoch: 2,
      leaseId: null,
      reason: makeReason(),
      challenge: makeChallenge(),
    });
    expect(world.view).toMatchObject({ phase: 'disconnected', reason: makeReason() });
  });
});

describe('the gate', () => {
  it('lets in with an accepted proof', () => {
    const world = atGate();
    const given = proof('a');
    world.feed({ type: 'user.submit', proof: given });
    expect(world.view).toMatchObject({ prompt: { isChecking: true } });
    expect(world.last('requestConnection').proof).toEqual(given);
    const lease = grant(world);
    expect(world.allEffects).toContainEqual({ type: 'settle', ticket: given.ticket, problem: null });
    handshake(world, lease.leaseId);
    expect(world.view.phase).toBe('connected');
  });

  it('answers a rejected value by itself the second time, with the same problem', () => {
    const world = atGate();
    world.feed({ type: 'user.submit', proof: proof('a') });
    refuseFlat(world, problem('invalid-code', undefined, { attemptsLeft: 3 }));
    expect(world.view).toMatchObject({ prompt: { attemptsLeft: 3, isChecking: false } });
    world.feed({ type: 'user.submit', proof: proof('a') });
    expect(world.has('requestConnection')).toBe(false);
    expect(world.last('settle').problem).toMatchObject({ code: 'invalid-code', attemptsLeft: 3 });
    world.feed({ type: 'user.submit', proof: proof('b') });
    expect(world.has('requestConnection')).toBe(true);
  });

  it('never sends an accepted code to the next gate, and says when the next one comes', () => {
    const world = atGate();
    world.feed({ type: 'user.submit', proof: proof('a') });
    const lease = grant(world);
    handshake(world, lease.leaseId);
    world.at += 12_000;
    world.feed({
      type: 'server.disconnect',
      epoch: 2,
      leaseId: lease.leaseId,
      reason: makeReason(),
      challenge: makeChallenge(),
    });
    world.feed({ type: 'user.submit', proof: proof('a') });
    expect(world.has('requestConnection')).toBe(false);
    expect(world.last('settle').problem).toMatchObject({ code: 'code-already-used', nextCodeInMs: 18_000 });
    world.at += 20_000;
    world.feed({ type: 'user.submit', proof: proof('a') });
    expect(world.has('requestConnection')).toBe(false);
    expect(world.last('settle').problem).toMatchObject({ code: 'code-already-used', nextCodeInMs: 0 });
  });

  it('takes a code again that never left this computer', () => {
    const world = atGate();
    world.feed({ type: 'user.submit', proof: proof('a') });
    refuseFlat(world, problem('server-unreachable'), false);
    expect(world.view).toMatchObject({
      phase: 'gate',
      prompt: { lastFailure: { code: 'server-unreachable' } },
    });
    world.feed({ type: 'user.submit', proof: proof('a') });
    expect(world.has('requestConnection')).toBe(true);
  });

  it('counts a code as spent when the answer was lost', () => {
    const world = atGate();
    world.feed({ type: 'user.submit', proof: proof('a') });
    refuseFlat(world, problem('server-unreachable'), true);
    world.feed({ type: 'user.submit', proof: proof('a') });
    expect(answered(world)).toBe('code-already-used');
  });

  it('shows a fresh prompt when the challenge has ended', () => {
    const world = atGate();
    world.feed({ type: 'user.submit', proof: proof('a') });
    const challenge = refuse(world, problem('challenge-invalid'));
    expect(world.view).toMatchObject({
      prompt: {
        challenge: { id: challenge.id },
        lastFailure: { code: 'challenge-invalid' },
        isChecking: false,
      },
    });
    world.feed({ type: 'user.submit', proof: proof('a') });
    expect(world.last('requestConnection').challenge?.id).toBe(challenge.id);
  });

  it('fetches a new challenge first when the one on screen has run out', () => {
    const world = signedIn();
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    refuse(world, undefined, makeChallenge(null, new Date(world.at + 300_000).toISOString()));
    world.at += 301_000;
    const given = proof('a');
    world.feed({ type: 'user.submit', proof: given });
    expect(world.last('requestConnection').proof).toBeNull();
    const challenge = refuse(world);
    expect(world.last('requestConnection')).toMatchObject({ challenge: { id: challenge.id }, proof: given });
  });

  it('does not send a held code when the new challenge comes with another reason', () => {
    const world = signedIn();
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    refuse(world, undefined, makeChallenge(null, new Date(world.at + 300_000).toISOString()));
    world.at += 301_000;
    world.feed({ type: 'user.submit', proof: proof('a') });
    refuse(world, undefined, makeChallenge(makeReason()));
    expect(world.view).toMatchObject({ phase: 'gate', prompt: { reason: makeReason(), isChecking: false } });
    expect(world.last('requestConnection').proof).toBeNull();
  });

  it('sends a code again that the server says it has not looked at, and no other', () => {
    const world = atGate();
    world.feed({ type: 'user.submit', proof: proof('a') });
    refuseFlat(world, problem('gateway-unavailable', undefined, { isProofSpent: false }));
    expect(world.view).toMatchObject({ phase: 'gate', prompt: { isChecking: false } });
    world.feed({ type: 'user.submit', proof: proof('a') });
    expect(world.has('requestConnection')).toBe(true);
    refuseFlat(world, problem('gateway-unavailable'));
    world.feed({ type: 'user.submit', proof: proof('a') });
    expect(world.has('requestConnection')).toBe(false);
    expect(answered(world)).toBe('code-already-used');
  });

  it('holds back the throttled method until the wait is over, and no other', () => {
    const world = atGate();
    world.feed({ type: 'user.submit', proof: proof('a') });
    refuseFlat(world, problem('too-many-attempts', undefined, { retryAfterMs: 30_000 }));
    expect(world.view).toMatchObject({ prompt: { waitUntil: new Date(world.at + 30_000).toISOString() } });
    world.at += 10_000;
    world.feed({ type: 'user.submit', proof: proof('b') });
    expect(world.last('settle').problem).toMatchObject({ code: 'too-many-attempts', retryAfterMs: 20_000 });
    world.feed({ type: 'user.submit', proof: proof('c', 'backup-code') });
    expect(world.has('requestConnection')).toBe(true);
  });

  it('stays open for a backup code when the authenticator is disabled', () => {
    const world = atGate();
    world.feed({ type: 'user.submit', proof: proof('a') });
    refuseFlat(world, problem('factor-disabled'));
    expect(world.view).toMatchObject({ phase: 'gate', prompt: { lastFailure: { code: 'factor-disabled' } } });
  });

  it('closes when the user cancels', () => {
    const world = atGate();
    world.feed({ type: 'user.cancel', source: 'gate-dialog' });
    expect(world.view).toMatchObject({ phase: 'disconnected', source: 'gate-dialog' });
  });

  it('gives back a lease that an unattended question was answered with', () => {
    const { world, lease } = connected();
    world.feed({
      type: 'server.disconnect',
      epoch: 2,
      leaseId: lease.leaseId,
      reason: makeReason(),
      challenge: null,
    });
    const next = grant(world, makeLease(2));
    expect(world.last('deleteConnection').leaseId).toBe(next.leaseId);
    expect(world.view).toMatchObject({ phase: 'disconnected', reason: makeReason() });
  });
});

describe('the path', () => {
  it('after sleep is not shown as connected before the server has confirmed epoch and lease', () => {
    const { world, lease } = connected();
    world.feed({ type: 'wake' });
    expect(world.view).toMatchObject({ phase: 'reconnecting', lease: { leaseId: lease.leaseId } });
    world.feed({ type: 'helper.status', status: makeStatus('up', lease.leaseId), handshakeAgeMs: 1000 });
    expect(world.view.phase).toBe('reconnecting');
    const outcome = { epoch: 1, leaseId: lease.leaseId };
    world.feed({ type: 'answer.epoch', id: world.last('askEpoch').id - 1, outcome });
    expect(world.view.phase).toBe('reconnecting');
    world.feed({ type: 'answer.epoch', id: world.last('askEpoch').id, outcome });
    expect(world.view.phase).toBe('connected');
  });

  it('after sleep leads to the gate when the lease has ended meanwhile', () => {
    const { world } = connected();
    world.feed({ type: 'wake' });
    world.feed({ type: 'answer.epoch', id: world.last('askEpoch').id, outcome: { epoch: 1, leaseId: null } });
    expect(world.view).toMatchObject({ phase: 'disconnecting', next: 'gate' });
    expect(world.has('helperDown')).toBe(true);
  });

  it('keeps the lease while the server cannot be asked', () => {
    const { world } = connected();
    world.feed({ type: 'wake' });
    world.feed({
      type: 'answer.epoch',
      id: world.last('askEpoch').id,
      outcome: { refused: problem('server-unreachable') },
    });
    expect(world.view).toMatchObject({ phase: 'reconnecting', cause: { code: 'server-unreachable' } });
    expect(world.has('helperDown')).toBe(false);
    world.feed({ type: 'retry-due', id: world.last('scheduleRetry').id });
    expect(world.has('askEpoch')).toBe(true);
  });

  it('ends at once when a new channel tells a new epoch', () => {
    const { world } = connected();
    world.feed({ type: 'channel.opened', epoch: 1 });
    expect(world.view.phase).toBe('connected');
    world.feed({ type: 'channel.opened', epoch: 2 });
    expect(world.view).toMatchObject({ phase: 'disconnecting', next: 'gate' });
  });

  it('without handshakes is stale, then reconnecting with the lease, then connected again', () => {
    const { world, lease } = connected();
    const status = makeStatus('up', lease.leaseId);
    world.feed({ type: 'helper.status', status, handshakeAgeMs: 160_000 });
    expect(world.view).toMatchObject({ phase: 'connected', health: 'stale' });
    world.feed({ type: 'helper.status', status, handshakeAgeMs: 190_000 });
    expect(world.view).toMatchObject({ phase: 'reconnecting', lease: { leaseId: lease.leaseId } });
    world.feed({
      type: 'answer.epoch',
      id: world.last('askEpoch').id,
      outcome: { epoch: 1, leaseId: lease.leaseId },
    });
    expect(world.view.phase).toBe('reconnecting');
    world.feed({ type: 'helper.status', status, handshakeAgeMs: 100 });
    expect(world.view).toMatchObject({ phase: 'connected', health: 'good' });
  });

  it('hands the same lease to a helper that came back', () => {
    const { world, lease } = connected();
    world.feed({ type: 'helper.lost', problem: problem('helper-unavailable') });
    expect(world.view).toMatchObject({ phase: 'reconnecting', cause: { code: 'helper-unavailable' } });
    world.feed({ type: 'helper.ready' });
    expect(world.last('helperUp').leaseId).toBe(lease.leaseId);
    handshake(world, lease.leaseId);
    expect(world.view.phase).toBe('connected');
  });

  it('leads to the gate when the lease runs out', () => {
    const { world, lease } = connected();
    world.feed({ type: 'lease-expired', leaseId: lease.leaseId });
    expect(world.view).toMatchObject({
      phase: 'disconnecting',
      next: 'gate',
      reason: { code: 'lease-expired' },
    });
  });
});

describe('renewal', () => {
  it('keeps the tunnel and the key pair, asks beside it, and swaps the lease', () => {
    const { world, lease } = connected();
    world.feed({
      type: 'server.lease-expiring',
      leaseId: lease.leaseId,
      expiresAt: '2026-11-21T12:10:00.000Z',
    });
    expect(world.view).toMatchObject({ phase: 'connected', expiring: '2026-11-21T12:10:00.000Z' });
    world.feed({ type: 'user.renew', ticket: 7 });
    expect(world.last('requestConnection').keyPair).toBe('keep');
    const challenge = refuse(world);
    expect(world.last('settle')).toEqual({ type: 'settle', ticket: 7, problem: null });
    expect(world.view).toMatchObject({ phase: 'connected', renewal: { challenge: { id: challenge.id } } });
    world.feed({ type: 'user.submit', proof: proof('a') });
    const replaced = makeReason('replaced');
    world.feed({
      type: 'server.disconnect',
      epoch: 1,
      leaseId: lease.leaseId,
      reason: replaced,
      challenge: null,
    });
    const next = grant(world);
    expect(world.has('helperDown')).toBe(false);
    expect(world.view).toMatchObject({
      phase: 'connected',
      renewal: null,
      expiring: null,
      lease: { leaseId: next.leaseId },
    });
  });

  it('that is cancelled leaves the tunnel up', () => {
    const { world } = connected();
    world.feed({ type: 'user.renew', ticket: 7 });
    refuse(world);
    world.feed({ type: 'user.cancel', source: 'cli' });
    expect(world.view).toMatchObject({ phase: 'connected', renewal: null });
  });

  it('becomes the gate when the lease runs out first', () => {
    const { world, lease } = connected();
    world.feed({ type: 'user.renew', ticket: 7 });
    const challenge = refuse(world);
    world.feed({ type: 'lease-expired', leaseId: lease.leaseId });
    expect(world.view).toMatchObject({ phase: 'gate', prompt: { challenge: { id: challenge.id } } });
  });
});

describe('leaving', () => {
  it('takes the tunnel down, gives the lease back and says who asked', () => {
    const { world, lease } = connected();
    world.feed({ type: 'user.disconnect', source: 'tray' });
    expect(world.view).toMatchObject({ phase: 'disconnecting', next: 'disconnected' });
    expect(world.effects).toContainEqual({ type: 'deleteConnection', leaseId: lease.leaseId });
    world.feed({ type: 'helper.down-answer', id: world.last('helperDown').id, problem: null });
    expect(world.view).toMatchObject({ phase: 'disconnected', source: 'tray', cause: null });
  });

  it('by the end of the session forgets it', () => {
    const { world } = connected();
    world.feed({ type: 'session-ended', reason: makeReason('member-blocked') });
    expect(world.view).toMatchObject({ phase: 'signed-out', reason: { code: 'member-blocked' } });
    expect(world.has('helperDown') && world.has('forgetSession')).toBe(true);
  });

  it('stops where the channel must not be opened again, and opens it on the next connect', () => {
    const { world } = connected();
    world.feed({ type: 'channel.stopped', problem: problem('protocol-error') });
    world.feed({ type: 'helper.down-answer', id: world.last('helperDown').id, problem: null });
    expect(world.view).toMatchObject({ phase: 'disconnected', cause: { code: 'protocol-error' } });
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    expect(world.has('restartChannel')).toBe(true);
  });
});

describe('the gate, with a PIN or the system', () => {
  function atUnlockGate(challenge = makeUnlockChallenge()): MachineWorld {
    const world = signedIn();
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    refuse(world, undefined, challenge);
    expect(world.view.phase).toBe('gate');
    return world;
  }
  const answerOf = (...methods: ('pin' | 'uv-soft' | 'uv-hw')[]): ProofRef => {
    tickets += 1;
    return { ticket: tickets, parts: methods.map((method) => ({ method })) };
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
