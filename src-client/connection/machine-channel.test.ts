import { describe, expect, it } from 'vitest';
import { problem } from '../../src-shared/problem.ts';
import { connected, GATEWAY, grant, handshake, signedIn } from './testing/machine-steps.ts';
import { makeStatus } from './testing/machine-world.ts';

/** Connected, and the channel has just gone. */
function withoutChannel() {
  const { world, lease } = connected();
  world.feed({ type: 'channel.opened', epoch: 1 });
  world.feed({ type: 'channel.lost' });
  const up = (handshakeAgeMs: number | null) =>
    world.feed({ type: 'helper.status', status: makeStatus('up', lease.leaseId), handshakeAgeMs });
  /** The gateway is asked for a handshake. */
  const ask = () => {
    world.feed({ type: 'path-check-due', id: world.last('watchPath').id });
    const { id } = world.last('refreshTunnel');
    world.feed({ type: 'helper.refresh-answer', id, problem: null });
    return id;
  };
  return { world, lease, up, ask };
}

/** Connected, with the channel open. */
function heard() {
  const { world, lease } = connected();
  const up = (handshakeAgeMs: number | null) =>
    world.feed({ type: 'helper.status', status: makeStatus('up', lease.leaseId), handshakeAgeMs });
  const gateway = (isOnline: boolean, gatewayId = GATEWAY) =>
    world.feed({ type: 'server.gateway', gatewayId, isOnline });
  const refreshed = () => {
    const { id } = world.last('refreshTunnel');
    world.feed({ type: 'helper.refresh-answer', id, problem: null });
    return id;
  };
  return { world, lease, up, gateway, refreshed };
}

describe('a gateway that the server does not hear', () => {
  it('is asked at once, and shown as gone when it is silent for a moment', () => {
    const { world, lease, up, gateway, refreshed } = heard();
    gateway(false);
    const id = refreshed();
    expect(world.last('watchHandshake')).toMatchObject({ id, patienceMs: 1500 });
    expect(world.view.phase).toBe('connected');
    world.feed({ type: 'handshake-late', id });
    expect(world.view).toMatchObject({ phase: 'reconnecting', cause: { code: 'tunnel-failed' } });
    // The lease holds, and statuses without a handshake are no sign of life.
    const outcome = { epoch: 1, leaseId: lease.leaseId };
    world.feed({ type: 'answer.epoch', id: world.last('askEpoch').id, outcome });
    up(null);
    expect(world.view.phase).toBe('reconnecting');
    gateway(true);
    refreshed();
    up(3);
    expect(world.view).toMatchObject({ phase: 'connected', health: 'good' });
  });

  it('stays connected while it passes packets on, and is asked again and again', () => {
    const { world, up, gateway, refreshed } = heard();
    gateway(false);
    refreshed();
    up(3);
    expect(world.view.phase).toBe('connected');
    world.feed({ type: 'path-check-due', id: world.last('watchPath').id });
    expect(world.has('refreshTunnel')).toBe(true);
    gateway(false);
    expect(world.has('refreshTunnel')).toBe(false);
  });

  it('that is another one is none of our business', () => {
    const { world, gateway } = heard();
    gateway(false, 'gw2');
    gateway(true, 'gw2');
    gateway(true);
    expect(world.allEffects.some(({ type }) => type === 'refreshTunnel')).toBe(false);
  });
});

describe('while the channel is away', () => {
  it('stays connected as long as the gateway answers, and goes on asking it', () => {
    const { world, up, ask } = withoutChannel();
    expect(world.view.phase).toBe('connected');
    const first = ask();
    // The peer is new and has no handshake yet: that is no answer.
    up(null);
    expect(world.has('watchPath')).toBe(false);
    up(5);
    expect(world.view).toMatchObject({ phase: 'connected', health: 'good' });
    expect(world.last('watchPath').id).toBeGreaterThan(first);
    world.feed({ type: 'handshake-late', id: first });
    expect(world.view.phase).toBe('connected');
  });

  it('is not connected past a gateway that is silent, and asks the server until it answers', () => {
    const { world, lease, up, ask } = withoutChannel();
    const id = ask();
    up(null);
    world.feed({ type: 'handshake-late', id });
    expect(world.view).toMatchObject({ phase: 'reconnecting', lease: { leaseId: lease.leaseId } });
    world.feed({
      type: 'answer.epoch',
      id: world.last('askEpoch').id,
      outcome: { refused: problem('server-unreachable') },
    });
    up(5);
    expect(world.view.phase).toBe('reconnecting');
    // What it had missed: it was thrown out.
    world.feed({ type: 'channel.opened', epoch: 2 });
    expect(world.view).toMatchObject({ phase: 'disconnecting', next: 'gate' });
  });

  it('asks nothing once the channel is back', () => {
    const { world } = withoutChannel();
    const { id } = world.last('watchPath');
    world.feed({ type: 'channel.opened', epoch: 1 });
    world.feed({ type: 'path-check-due', id });
    expect(world.has('refreshTunnel')).toBe(false);
    expect(world.view.phase).toBe('connected');
  });

  it('is watched from the start where the channel was away already', () => {
    const world = signedIn();
    world.feed({ type: 'channel.lost' });
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    handshake(world, grant(world).leaseId);
    expect(world.view.phase).toBe('connected');
    expect(world.has('watchPath')).toBe(true);
  });

  it('tries again after a failure, and not with a helper that cannot do it', () => {
    const { world } = withoutChannel();
    world.feed({ type: 'path-check-due', id: world.last('watchPath').id });
    const { id } = world.last('refreshTunnel');
    world.feed({ type: 'helper.refresh-answer', id, problem: problem('tunnel-failed') });
    expect(world.has('watchPath')).toBe(true);
    world.feed({ type: 'path-check-due', id: world.last('watchPath').id });
    world.feed({
      type: 'helper.refresh-answer',
      id: world.last('refreshTunnel').id,
      problem: problem('not-supported'),
    });
    expect(world.effects).toEqual([]);
    expect(world.view.phase).toBe('connected');
  });
});
