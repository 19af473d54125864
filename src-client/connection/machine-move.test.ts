import { beforeEach, describe, expect, it } from 'vitest';
import { problem } from '../../src-shared/problem.ts';
import { connected } from './testing/machine-steps.ts';
import { gatedPolicy, MachineWorld, makeChallenge, makeLease, makeStatus } from './testing/machine-world.ts';

describe('a gateway that is gone', () => {
  let world: MachineWorld;
  const lease = makeLease(1);
  const request = () => world.last('requestConnection');
  const answer = (outcome: object) =>
    world.feed({ type: 'answer.connection', id: request().id, outcome: outcome as never });
  const connect = (isAuto: boolean, policy = gatedPolicy) => {
    world.feed({ type: 'signed-in' });
    world.feed({ type: 'server.policy', policy });
    world.feed({ type: 'channel.opened', epoch: 1 });
    world.feed({ type: 'server.gateways', online: ['gw', 'gw2', 'gw3'], troubled: [] });
    world.feed({ type: 'user.connect', gatewayId: 'gw', source: 'cli', isAuto });
    answer({ granted: lease });
    world.feed({ type: 'helper.up-answer', id: world.last('helperUp').id, problem: null });
    world.feed({ type: 'helper.status', status: makeStatus('up', lease.leaseId), handshakeAgeMs: 5 });
    expect(world.view.phase).toBe('connected');
  };
  /** The server says so, and the handshake that is asked for is not answered. */
  const goSilent = (online = ['gw2', 'gw3']) => {
    world.feed({ type: 'server.gateways', online, troubled: [] });
    world.feed({ type: 'server.gateway', gatewayId: 'gw', isOnline: false });
    world.feed({ type: 'helper.refresh-answer', id: world.last('refreshTunnel').id, problem: null });
    world.feed({ type: 'path-check-due', id: world.last('watchPath').id });
    expect(world.view).toMatchObject({ phase: 'reconnecting', cause: { code: 'tunnel-failed' } });
  };
  beforeEach(() => {
    world = new MachineWorld();
  });

  it('is left for the next one that the server hears, with the lease and the key pair of before', () => {
    connect(true);
    goSilent();
    expect(request()).toMatchObject({
      gatewayId: 'gw2',
      moveOf: lease.leaseId,
      proof: null,
      keyPair: 'keep',
    });
    expect(world.view).toMatchObject({ phase: 'reconnecting', gatewayId: 'gw' });
    const moved = { ...makeLease(1), gatewayId: 'gw2' };
    answer({ granted: moved });
    expect(world.last('helperUp').leaseId).toBe(moved.leaseId);
    expect(world.view).toMatchObject({ phase: 'connecting', gatewayId: 'gw2' });
    world.feed({ type: 'helper.status', status: makeStatus('up', moved.leaseId), handshakeAgeMs: 5 });
    const outcome = { epoch: 1, leaseId: moved.leaseId };
    world.feed({ type: 'answer.epoch', id: world.last('askEpoch').id, outcome });
    expect(world.view).toMatchObject({ phase: 'connected', gatewayId: 'gw2', lease: moved });
    // News of the gateway that was left is none of ours.
    world.feed({ type: 'server.gateway', gatewayId: 'gw', isOnline: true });
    expect(world.machine.isGatewayAway).toBe(false);
  });

  it('is waited for where the user has chosen it, or the team forbids the move', () => {
    const requests = () => world.allEffects.filter(({ type }) => type === 'requestConnection').length;
    connect(false);
    goSilent();
    expect(requests()).toBe(1);
    world = new MachineWorld();
    connect(true, { ...gatedPolicy, moveWithoutCode: false });
    goSilent();
    expect(requests()).toBe(1);
  });

  it('is waited for where the server asks for a proof: nobody is asked, and it is not asked for again', () => {
    connect(true);
    goSilent();
    answer({ refused: problem('step-up-required'), challenge: makeChallenge(), mayHaveArrived: true });
    expect(world.view).toMatchObject({ phase: 'reconnecting', gatewayId: 'gw', lease });
    const count = world.allEffects.length;
    world.feed({ type: 'server.gateways', online: ['gw2'], troubled: [] });
    expect(world.allEffects.slice(count).some(({ type }) => type === 'requestConnection')).toBe(false);
  });

  it('is left as soon as there is another, and again after a try that failed on the way', () => {
    connect(true);
    goSilent([]);
    world.feed({ type: 'server.gateways', online: ['gw3'], troubled: [] });
    expect(request()).toMatchObject({ gatewayId: 'gw3', moveOf: lease.leaseId });
    answer({ refused: problem('gateway-unavailable'), challenge: null, mayHaveArrived: true });
    expect(world.view).toMatchObject({ phase: 'reconnecting', lease });
    world.feed({ type: 'server.gateways', online: ['gw2'], troubled: [] });
    expect(request()).toMatchObject({ gatewayId: 'gw2', moveOf: lease.leaseId });
  });

  it('does not count as a try at the one that follows', () => {
    connect(true);
    goSilent([]);
    const outcome = { epoch: 1, leaseId: lease.leaseId };
    world.feed({ type: 'answer.epoch', id: world.last('askEpoch').id, outcome });
    expect(world.machine.attempt).toBeGreaterThan(0);
    world.feed({ type: 'server.gateways', online: ['gw2'], troubled: [] });
    answer({ granted: { ...makeLease(1), gatewayId: 'gw2' } });
    expect(world.view).toMatchObject({ phase: 'connecting', gatewayId: 'gw2', attempt: 1 });
  });

  it('leads to the gate all the same when access ends meanwhile', () => {
    connect(true);
    goSilent();
    const { id } = request();
    const reason = { code: 'administrator', message: 'Ended', at: '2026-11-21T12:03:00.000Z' };
    const challenge = makeChallenge(reason);
    world.feed({ type: 'server.disconnect', epoch: 2, leaseId: lease.leaseId, reason, challenge });
    expect(world.view.phase).toBe('gate');
    const late = { ...makeLease(1), gatewayId: 'gw2' };
    world.feed({ type: 'answer.connection', id, outcome: { granted: late } });
    expect(world.view.phase).toBe('gate');
    expect(world.last('deleteConnection').leaseId).toBe(late.leaseId);
  });

  it('is left for one that works before one whose host keeps packets', () => {
    connect(true);
    goSilent(['gw3', 'gw2']);
    expect(request()).toMatchObject({ gatewayId: 'gw3' });
  });

  describe('whose move failed or was not answered', () => {
    const unreachable = { refused: problem('server-unreachable'), challenge: null, mayHaveArrived: true };
    const notTaken = { refused: problem('gateway-unavailable'), challenge: null, mayHaveArrived: true };
    const asked = { refused: problem('step-up-required'), challenge: makeChallenge(), mayHaveArrived: true };
    const moves = () => world.allEffects.filter((e) => e.type === 'requestConnection' && e.moveOf !== null);
    const epochIs = (leaseId: string | null, epoch = 1) =>
      world.feed({ type: 'answer.epoch', id: world.last('askEpoch').id, outcome: { epoch, leaseId } });
    const wait = () => world.feed({ type: 'retry-due', id: world.machine.retry ?? 0 });
    const successor = makeLease(1);
    beforeEach(() => {
      connect(true);
      goSilent();
    });

    it('is asked for the same move again once the server is heard, with the lease and the key pair that it has', () => {
      answer(unreachable);
      expect(moves()).toHaveLength(1);
      const { id } = world.last('askEpoch');
      world.feed({ type: 'answer.epoch', id, outcome: { refused: problem('server-unreachable') } });
      expect(moves()).toHaveLength(1);
      wait();
      epochIs(successor.leaseId);
      expect(world.view).toMatchObject({ phase: 'reconnecting', gatewayId: 'gw', lease });
      expect(moves()).toHaveLength(2);
      expect(request()).toMatchObject({
        gatewayId: 'gw2',
        moveOf: lease.leaseId,
        keyPair: 'keep',
        proof: null,
      });
      answer(unreachable);
      world.feed({ type: 'server.gateways', online: ['gw2', 'gw3'], troubled: [] });
      expect(moves()).toHaveLength(3);
      expect(request()).toMatchObject({ gatewayId: 'gw2', moveOf: lease.leaseId });
      const moved = { ...successor, gatewayId: 'gw2' };
      answer({ granted: moved });
      expect(world.last('helperUp').leaseId).toBe(moved.leaseId);
      expect(world.machine.move).toBeNull();
    });

    it('leads to another gateway at once where there is one, and else waits longer each time', () => {
      answer(notTaken);
      expect(moves()).toHaveLength(2);
      expect(request()).toMatchObject({ gatewayId: 'gw3', moveOf: lease.leaseId });
      answer(notTaken);
      epochIs(null);
      const attempts: number[] = [];
      for (let round = 0; round < 3; round++) {
        attempts.push(world.last('scheduleRetry').attempt);
        const before = moves().length;
        world.feed({ type: 'server.gateways', online: ['gw2', 'gw3'], troubled: [] });
        world.feed({ type: 'server.gateway', gatewayId: 'gw', isOnline: false });
        expect(moves()).toHaveLength(before);
        wait();
        epochIs(null);
        expect(request()).toMatchObject({ gatewayId: 'gw2', moveOf: lease.leaseId });
        answer(notTaken);
        expect(request()).toMatchObject({ gatewayId: 'gw3', moveOf: lease.leaseId });
        answer(notTaken);
      }
      expect(attempts).toEqual([...attempts].sort((a, b) => a - b));
      expect(new Set(attempts).size).toBe(3);
      expect(world.view).toMatchObject({ phase: 'reconnecting', lease });
      expect(world.allEffects.some(({ type }) => type === 'helperDown')).toBe(false);
    });

    it('goes back to its own gateway, once that is there again and the server has ended the lease', () => {
      answer(notTaken);
      answer(notTaken);
      world.feed({ type: 'server.gateway', gatewayId: 'gw', isOnline: true });
      world.feed({ type: 'server.gateways', online: ['gw'], troubled: [] });
      expect(moves()).toHaveLength(2);
      epochIs(null);
      expect(request()).toMatchObject({ gatewayId: 'gw', moveOf: lease.leaseId, keyPair: 'keep' });
      const back = makeLease(1);
      answer({ granted: back });
      expect(world.view).toMatchObject({ phase: 'connecting', gatewayId: 'gw', lease: back });
      expect(world.machine.path).toBe('unknown');
    });

    it('stays with its own gateway, once that is there again and the server has left the lease alone', () => {
      answer(notTaken);
      answer(notTaken);
      world.feed({ type: 'server.gateway', gatewayId: 'gw', isOnline: true });
      world.feed({ type: 'helper.status', status: makeStatus('up', lease.leaseId), handshakeAgeMs: 5 });
      expect(world.view.phase).toBe('reconnecting');
      epochIs(lease.leaseId);
      expect(world.view).toMatchObject({ phase: 'connected', lease });
      goSilent(['gw2']);
      expect(moves()).toHaveLength(3);
      expect(request()).toMatchObject({ gatewayId: 'gw2', moveOf: lease.leaseId });
    });

    it('is not shown as connected while the move is under way, whatever the server has said before', () => {
      const back = () => {
        world.feed({ type: 'server.gateway', gatewayId: 'gw', isOnline: true });
        world.feed({ type: 'helper.status', status: makeStatus('up', lease.leaseId), handshakeAgeMs: 5 });
        expect(world.view.phase).toBe('reconnecting');
      };
      epochIs(lease.leaseId);
      back();
      world = new MachineWorld();
      connect(true);
      goSilent([]);
      epochIs(lease.leaseId);
      world.feed({ type: 'server.gateways', online: ['gw2'], troubled: [] });
      expect(request().moveOf).toBe(lease.leaseId);
      back();
    });

    it('leads to the gate once the server asks for a proof and says that the lease has ended', () => {
      answer(unreachable);
      epochIs(null);
      wait();
      epochIs(null);
      answer(asked);
      expect(world.view).toMatchObject({ phase: 'reconnecting', lease });
      epochIs(null);
      expect(world.view).toMatchObject({ phase: 'disconnecting', next: 'gate' });
      answer(asked);
      expect(world.view.phase).toBe('gate');
    });

    it('leads to the gate when access has ended, whatever the move is up to', () => {
      answer(unreachable);
      epochIs(null, 2);
      expect(world.view).toMatchObject({ phase: 'disconnecting', next: 'gate' });
    });

    it('waits no longer for the team once that forbids it, nor for a user who has chosen the gateway', () => {
      answer(unreachable);
      world.feed({ type: 'server.policy', policy: { ...gatedPolicy, moveWithoutCode: false } });
      epochIs(null);
      expect(world.view).toMatchObject({ phase: 'disconnecting', next: 'gate' });
    });

    it('is left alone by a refusal that no gateway and no proof can help', () => {
      answer({ refused: problem('member-blocked'), challenge: null, mayHaveArrived: true });
      epochIs(lease.leaseId);
      wait();
      epochIs(lease.leaseId);
      expect(moves()).toHaveLength(1);
      expect(world.view).toMatchObject({ phase: 'reconnecting', lease });
    });
  });
});

describe('a gateway whose host keeps packets from passing', () => {
  it('shows as degraded while the way to it is good, as long as the server says so', () => {
    const { world, lease } = connected();
    const say = (troubled: string[]) => world.feed({ type: 'server.gateways', online: ['gw'], troubled });
    const hear = (handshakeAgeMs: number) =>
      world.feed({ type: 'helper.status', status: makeStatus('up', lease.leaseId), handshakeAgeMs });
    say(['other']);
    expect(world.view).toMatchObject({ phase: 'connected', health: 'good' });
    say(['gw']);
    expect(world.view).toMatchObject({ phase: 'connected', health: 'degraded' });
    // Nothing heard at all is the greater trouble.
    hear(160_000);
    expect(world.view).toMatchObject({ phase: 'connected', health: 'stale' });
    hear(5);
    expect(world.view).toMatchObject({ phase: 'connected', health: 'degraded' });
    say([]);
    expect(world.view).toMatchObject({ phase: 'connected', health: 'good' });
  });
});
