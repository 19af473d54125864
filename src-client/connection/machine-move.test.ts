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
