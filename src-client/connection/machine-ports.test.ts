import { describe, expect, it } from 'vitest';
import { problem } from '../../src-shared/problem.ts';
import { summarizeLease } from './lease-summary.ts';
import { GATEWAY, grant, handshake, signedIn } from './testing/machine-steps.ts';
import { makeId, makeLease, makeStatus } from './testing/machine-world.ts';

describe('a gateway with further ports', () => {
  /** `connect` was answered with a lease for this many. */
  function granted(alternatePorts: number[]) {
    const world = signedIn();
    world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    const lease = grant(world, { ...makeLease(1), alternatePorts });
    return { world, lease };
  }
  function connected(alternatePorts: number[]) {
    const parts = granted(alternatePorts);
    const { world, lease } = parts;
    handshake(world, lease.leaseId);
    expect(world.view.phase).toBe('connected');
    const status = (handshakeAgeMs: number | null, change = {}) =>
      world.feed({
        type: 'helper.status',
        status: { ...makeStatus('up', lease.leaseId), ...change },
        handshakeAgeMs,
      });
    const refreshed = (refusal: Parameters<typeof problem>[0] | null = null) =>
      world.feed({
        type: 'helper.refresh-answer',
        id: world.last('refreshTunnel').id,
        problem: refusal === null ? null : problem(refusal),
      });
    const due = () => world.feed({ type: 'path-check-due', id: world.last('watchPath').id });
    return { ...parts, status, refreshed, due };
  }
  const BLOCKED = { phase: 'reconnecting', cause: { code: 'vpn-blocked' } };

  it.each([
    [[], 10_000],
    [[443], 13_000],
    [[443, 53, 123, 4500], 22_000],
  ])('%j is waited for at a connect until each has had its turn', (ports, delayMs) => {
    const { world } = granted(ports);
    expect(world.last('watchHandshake').delayMs).toBe(delayMs);
    expect(world.view.phase).toBe('connecting');
    world.feed({ type: 'handshake-late', id: world.last('watchHandshake').id });
    expect(world.view).toMatchObject(BLOCKED);
  });

  it('is given that time in the middle of a connection too', () => {
    const { world, status, refreshed, due } = connected([443, 53]);
    status(5, { rxBytes: 500, txBytes: 500 });
    status(5, { rxBytes: 500, txBytes: 900 });
    world.at += 15_000;
    status(5, { rxBytes: 500, txBytes: 1000 });
    refreshed();
    expect(world.last('watchPath').delayMs).toBe(12_000);
    expect(world.view.phase).toBe('connected');
    due();
    expect(world.view).toMatchObject(BLOCKED);
  });

  it('is given it on another network, and where the last handshake is too old', () => {
    for (const begin of [
      ({ world }: ReturnType<typeof connected>) => world.feed({ type: 'network-changed' }),
      ({ status }: ReturnType<typeof connected>) => status(190_000),
    ]) {
      const parts = connected([443, 53]);
      begin(parts);
      expect(parts.world.machine.path).not.toBe('dead');
      // Whatever the helper still knows of the session before.
      if (parts.world.view.phase === 'connected') parts.status(191_000);
      parts.refreshed();
      expect(parts.world.last('watchPath').delayMs).toBe(16_000);
      parts.due();
      expect(parts.world.machine.path).toBe('dead');
    }
  });

  it('is given none where this helper cannot ask, and less where the server does not hear the gateway', () => {
    const silent = connected([443]);
    silent.status(190_000);
    silent.refreshed('not-supported');
    silent.status(191_000);
    expect(silent.world.view).toMatchObject(BLOCKED);

    const away = connected([443]);
    away.world.feed({ type: 'server.gateway', gatewayId: GATEWAY, isOnline: false });
    away.refreshed();
    expect(away.world.last('watchPath').delayMs).toBe(1500);
  });
});

it('reads the further ports out of a lease, and leaves them out where there are none', () => {
  const wg = { addresses: ['10.86.0.2/32'] };
  const summary = (change: object) => {
    const payload = Buffer.from(JSON.stringify({ iat: 1, wg: { ...wg, ...change } })).toString('base64url');
    const answer = {
      leaseId: makeId(),
      lease: `a.${payload}.c`,
      expiresAt: '2030-01-01T00:00:00Z',
      epoch: 1,
    };
    return summarizeLease(answer, 'gw')?.lease;
  };
  expect(summary({ alternatePorts: [443, 53] })).toMatchObject({ alternatePorts: [443, 53] });
  for (const change of [{}, { alternatePorts: [] }]) {
    expect(summary(change)).toMatchObject(wg);
    expect(summary(change)).not.toHaveProperty('alternatePorts');
  }
});
