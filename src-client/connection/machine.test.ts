import { describe, expect, it } from 'vitest';
import { noGateWarning } from '../../src-shared/policy.ts';
import { problem } from '../../src-shared/problem.ts';
import type { Untimed } from './machine-types.ts';
import {
  answered,
  atGate,
  connected,
  GATEWAY,
  grant,
  handshake,
  proof,
  refuse,
  refuseFlat,
  signedIn,
} from './testing/machine-steps.ts';
import { makeChallenge, makeLease, makeReason, makeStatus, openPolicy } from './testing/machine-world.ts';

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

  it.each<[string, Untimed]>([
    ['the network comes back', { type: 'network-changed' }],
    ['the server does', { type: 'channel.opened', epoch: 1 }],
  ])('waits and tries again when the server cannot be reached, at once when %s', (_what, event) => {
    const world = signedIn();
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    refuseFlat(world, problem('server-unreachable'));
    expect(world.view).toMatchObject({ phase: 'reconnecting', cause: { code: 'server-unreachable' } });
    const { id } = world.last('scheduleRetry');
    world.feed({ type: 'retry-scheduled', id, nextTryAt: '2026-11-21T12:00:01.000Z' });
    expect(world.view).toMatchObject({ nextTryAt: '2026-11-21T12:00:01.000Z' });
    world.feed(event);
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
  it('has the helper asked again where it does not take the tunnel down, says so once, and stops for a new one', () => {
    const { world, lease } = connected();
    const reason = makeReason();
    const challenge = makeChallenge(reason);
    world.feed({ type: 'server.disconnect', epoch: 2, leaseId: lease.leaseId, reason, challenge });
    const refuse = () =>
      world.feed({
        type: 'helper.down-answer',
        id: world.machine.downCall ?? -1,
        problem: problem('tunnel-failed'),
      });
    refuse();
    expect(world.last('notify')).toMatchObject({ kind: 'tunnel-stays' });
    const due = { type: 'down-due', id: world.last('repeatDown').id } as const;
    world.feed(due);
    expect(world.last('helperDown').id).toBe(due.id);
    refuse();
    expect(world.effects.map((effect) => effect.type)).toEqual(['repeatDown']);
    expect(world.view.phase).toBe('gate');
    const repeated = world.last('repeatDown');
    world.feed({ type: 'user.submit', proof: proof('a') });
    grant(world, makeLease(3));
    expect(world.has('helperUp')).toBe(true);
    world.feed({ type: 'down-due', id: repeated.id });
    expect(world.has('helperDown')).toBe(false);
  });

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

  it('leaves the question on screen when a new channel tells the epoch that it is of', () => {
    const world = signedIn();
    world.feed({ type: 'channel.opened', epoch: 1 });
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    const challenge = makeChallenge();
    const refused = problem('step-up-required', undefined, { challenge, epoch: 2 });
    const { id } = world.last('requestConnection');
    world.feed({ type: 'answer.connection', id, outcome: { refused, challenge, mayHaveArrived: true } });
    world.feed({ type: 'channel.opened', epoch: 2 });
    expect(world.view).toMatchObject({ phase: 'gate', prompt: { challenge: { id: challenge.id } } });
    world.feed({ type: 'channel.opened', epoch: 3 });
    expect(world.view).toMatchObject({ phase: 'disconnecting', next: 'gate' });
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

describe('a gateway that is removed', () => {
  it('ends the connection with its reason, and nobody is asked for a proof that leads nowhere', () => {
    for (const challenge of [null, makeChallenge()]) {
      const { world, lease } = connected();
      const reason = makeReason('gateway-removed');
      world.feed({ type: 'server.disconnect', epoch: 1, leaseId: lease.leaseId, reason, challenge });
      expect(world.has('helperDown')).toBe(true);
      expect(world.has('requestConnection')).toBe(false);
      expect(world.view).toMatchObject({ phase: 'disconnected', cause: null, reason, source: 'server' });
      world.feed({ type: 'user.connect', gatewayId: 'another', source: 'home-button' });
      expect(world.last('requestConnection')).toMatchObject({ gatewayId: 'another', proof: null });
    }
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
      isOutdated: false,
      lease: { leaseId: next.leaseId },
    });
  });

  it('brings newer settings of the gateway: at once where nothing is asked, else when the user wants to', () => {
    const gated = connected();
    const outdated = ({ world, lease }: ReturnType<typeof connected>) =>
      world.feed({ type: 'server.lease-outdated', leaseId: lease.leaseId });
    outdated(gated);
    expect(gated.world.view).toMatchObject({ phase: 'connected', isOutdated: true, renewal: null });
    expect(gated.world.has('requestConnection')).toBe(false);
    const open = connected(openPolicy);
    outdated(open);
    expect(open.world.last('requestConnection').keyPair).toBe('keep');
    outdated(open);
    const next = grant(open.world);
    expect(open.world.view).toMatchObject({ isOutdated: false, lease: { leaseId: next.leaseId } });
    expect(open.world.has('helperDown')).toBe(false);
    // Word of the lease before.
    outdated(open);
    expect(open.world.view).toMatchObject({ isOutdated: false });
    // Said while nothing was shown as connected, and still true afterwards.
    gated.world.feed({ type: 'wake' });
    expect(gated.world.view.phase).toBe('reconnecting');
    gated.world.feed({
      type: 'answer.epoch',
      id: gated.world.last('askEpoch').id,
      outcome: { epoch: gated.lease.epoch, leaseId: gated.lease.leaseId },
    });
    handshake(gated.world, gated.lease.leaseId);
    expect(gated.world.view).toMatchObject({ phase: 'connected', isOutdated: true });
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
