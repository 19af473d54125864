import { describe, expect, it } from 'vitest';
import { problem } from '../../src-shared/problem.ts';
import { atGate, connected, GATEWAY, grant, handshake, signedIn } from './testing/machine-steps.ts';
import { makeStatus } from './testing/machine-world.ts';

/** Connected, with the channel open, and what the helper and the server may say then. */
function heard() {
  const { world, lease } = connected();
  const status = (handshakeAgeMs: number | null, rxBytes = 0) =>
    world.feed({
      type: 'helper.status',
      status: { ...makeStatus('up', lease.leaseId), rxBytes },
      handshakeAgeMs,
    });
  const gateway = (isOnline: boolean, gatewayId = GATEWAY) =>
    world.feed({ type: 'server.gateway', gatewayId, isOnline });
  const refreshed = () => {
    const { id } = world.last('refreshTunnel');
    world.feed({ type: 'helper.refresh-answer', id, problem: null });
  };
  /** The newest wait is over. */
  const due = () => world.feed({ type: 'path-check-due', id: world.last('watchPath').id });
  const confirmed = () =>
    world.feed({
      type: 'answer.epoch',
      id: world.last('askEpoch').id,
      outcome: { epoch: 1, leaseId: lease.leaseId },
    });
  return { world, lease, status, gateway, refreshed, due, confirmed };
}

/** The same, and the channel has just gone. */
function withoutChannel() {
  const parts = heard();
  parts.world.feed({ type: 'channel.lost' });
  /** The gateway is asked for a handshake. */
  const ask = () => {
    parts.due();
    parts.refreshed();
  };
  return { ...parts, ask };
}

describe('a gateway that the server does not hear', () => {
  it('is asked at once, and shown as gone when it is silent for a moment', () => {
    const { world, status, gateway, refreshed, due, confirmed } = heard();
    gateway(false);
    refreshed();
    expect(world.last('watchPath')).toMatchObject({ delayMs: 1500 });
    expect(world.view.phase).toBe('connected');
    due();
    expect(world.view).toMatchObject({ phase: 'reconnecting', cause: { code: 'tunnel-failed' } });
    // The lease holds, and statuses without a handshake are no sign of life.
    confirmed();
    status(null);
    expect(world.view.phase).toBe('reconnecting');
    gateway(true);
    refreshed();
    status(3);
    expect(world.view).toMatchObject({ phase: 'connected', health: 'good' });
  });

  it('stays connected while it passes packets on, and is asked again and again', () => {
    const { world, status, gateway, refreshed, due } = heard();
    gateway(false);
    refreshed();
    status(3);
    expect(world.view.phase).toBe('connected');
    due();
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

  it('is trusted again by whoever connects to it anew', () => {
    const { world, gateway } = heard();
    gateway(false);
    world.feed({ type: 'user.disconnect', source: 'cli' });
    world.feed({ type: 'helper.down-answer', id: world.last('helperDown').id, problem: null });
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    handshake(world, grant(world).leaseId);
    expect(world.view.phase).toBe('connected');
    expect(world.machine.pathCheck).toBeNull();
  });

  it('is not asked through a helper that has no tunnel', () => {
    const { world, gateway } = heard();
    gateway(false);
    world.feed({ type: 'helper.lost', problem: problem('helper-unavailable') });
    gateway(true);
    expect(world.has('refreshTunnel')).toBe(false);
    expect(world.machine.pathCheck).toBeNull();
  });
});

describe('a handshake that was asked for', () => {
  it.each([
    ['when the channel opens meanwhile, as on every other network', ['open']],
    ['when the lease is renewed meanwhile', ['renew']],
    ['when both happen, and the channel goes again', ['open', 'renew', 'lose']],
  ])('ends "connected" when it does not come, also %s', (_, meanwhile) => {
    const { world, status, refreshed, due, confirmed } = heard();
    world.feed({ type: 'network-changed' });
    refreshed();
    const check = world.last('watchPath').id;
    confirmed();
    expect(world.view).toMatchObject({ phase: 'connected', health: 'stale' });
    for (const event of meanwhile) {
      if (event === 'open') world.feed({ type: 'channel.opened', epoch: 1 });
      if (event === 'lose') world.feed({ type: 'channel.lost' });
      if (event !== 'renew') continue;
      world.feed({ type: 'user.renew', ticket: 77 });
      const { leaseId } = grant(world);
      world.feed({ type: 'helper.up-answer', id: world.last('helperUp').id, problem: null });
      expect(world.machine.lease?.leaseId).toBe(leaseId);
    }
    for (let second = 0; second < 300; second++) status(null);
    world.feed({ type: 'path-check-due', id: check });
    expect(world.view.phase).toBe('reconnecting');
    due();
    expect(world.view.phase).toBe('reconnecting');
  });
});

describe('while the channel is away', () => {
  it('stays connected as long as the gateway answers, and goes on asking it', () => {
    const { world, status, ask, due } = withoutChannel();
    expect(world.view.phase).toBe('connected');
    ask();
    // The peer is new and has no handshake yet: that is no answer.
    status(null);
    expect(world.has('watchPath')).toBe(false);
    status(5);
    expect(world.view).toMatchObject({ phase: 'connected', health: 'good' });
    expect(world.has('watchPath')).toBe(true);
    due();
    expect(world.has('refreshTunnel')).toBe(true);
  });

  it('asks nothing while bytes come in, which prove as much and cost nothing', () => {
    const { world, status, due } = withoutChannel();
    status(1000, 500);
    due();
    expect(world.has('refreshTunnel')).toBe(false);
    expect(world.has('watchPath')).toBe(true);
    due();
    expect(world.has('refreshTunnel')).toBe(true);
  });

  it('is not connected past a gateway that is silent, and asks the server until it answers', () => {
    const { world, lease, status, ask, due } = withoutChannel();
    ask();
    status(null);
    due();
    expect(world.view).toMatchObject({ phase: 'reconnecting', lease: { leaseId: lease.leaseId } });
    world.feed({
      type: 'answer.epoch',
      id: world.last('askEpoch').id,
      outcome: { refused: problem('server-unreachable') },
    });
    status(5);
    expect(world.view.phase).toBe('reconnecting');
    // What it had missed: it was thrown out.
    world.feed({ type: 'channel.opened', epoch: 2 });
    expect(world.view).toMatchObject({ phase: 'disconnecting', next: 'gate' });
  });

  it('asks nothing once the channel is back', () => {
    const { world, due } = withoutChannel();
    world.feed({ type: 'channel.opened', epoch: 1 });
    due();
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

  it('tries again after a failure; a helper that cannot do it is asked again on the next channel', () => {
    const { world, due } = withoutChannel();
    const refuse = (code: 'tunnel-failed' | 'not-supported') => {
      due();
      const { id } = world.last('refreshTunnel');
      world.feed({ type: 'helper.refresh-answer', id, problem: problem(code) });
    };
    refuse('tunnel-failed');
    expect(world.has('watchPath')).toBe(true);
    refuse('not-supported');
    expect(world.effects).toEqual([]);
    expect(world.view.phase).toBe('connected');
    world.feed({ type: 'channel.opened', epoch: 1 });
    world.feed({ type: 'channel.lost' });
    expect(world.has('watchPath')).toBe(true);
  });

  it('asks for nothing at the gate', () => {
    const world = atGate();
    world.feed({ type: 'channel.lost' });
    expect(world.has('watchPath')).toBe(false);
  });
});

describe('traffic that nobody answers', () => {
  const SECOND = 1000;
  /** Connected; `pass` lets time go by, then the helper counts. */
  function counting() {
    const parts = heard();
    const { world, lease } = parts;
    const pass = (seconds: number, rxBytes: number, txBytes: number) => {
      world.at += seconds * SECOND;
      const status = { ...makeStatus('up', lease.leaseId), rxBytes, txBytes };
      return world.feed({ type: 'helper.status', status, handshakeAgeMs: 5 });
    };
    pass(0, 500, 500);
    return { ...parts, pass };
  }

  it('is asked about after fifteen seconds, and ends "connected" with what is likely', () => {
    const { world, refreshed, due, confirmed, pass, status } = counting();
    // However long nothing came before: the wait begins with what is unanswered.
    pass(60, 500, 900);
    expect(world.has('refreshTunnel')).toBe(false);
    pass(14, 500, 1000);
    expect(world.has('refreshTunnel')).toBe(false);
    pass(1, 500, 1100);
    expect(world.has('refreshTunnel')).toBe(true);
    refreshed();
    expect(world.last('watchPath')).toMatchObject({ delayMs: 6000 });
    expect(world.view.phase).toBe('connected');
    due();
    expect(world.view).toMatchObject({ phase: 'reconnecting', cause: { code: 'vpn-blocked' } });
    confirmed();
    status(2, 700);
    expect(world.view).toMatchObject({ phase: 'connected', health: 'good' });
  });

  it('is asked about once, and is no trouble when the gateway answers', () => {
    const { world, refreshed, due, pass, status } = counting();
    pass(1, 500, 1000);
    pass(16, 500, 1100);
    refreshed();
    status(1, 800);
    due();
    expect(world.view).toMatchObject({ phase: 'connected', health: 'good' });
    pass(1, 800, 1200);
    expect(world.has('refreshTunnel')).toBe(false);
  });

  it('is not what keepalives are, however long and often', () => {
    const { world, pass } = counting();
    for (let times = 1; times <= 20; times++) pass(25, 500, 500 + times * 32);
    const { lease } = world.machine;
    expect(lease).not.toBeNull();
    expect(world.allEffects.some(({ type }) => type === 'refreshTunnel')).toBe(false);
  });
});
