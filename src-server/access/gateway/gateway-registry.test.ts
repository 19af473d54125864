import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Peer, ToGateway } from '../../../src-shared/gateway-channel.ts';
import { GatewayRegistry, type GatewayWire } from './gateway-registry.ts';

const peer = (leaseId: string): Peer => ({
  publicKey: `key-of-${leaseId}`,
  presharedKey: 'psk',
  allowedIps: ['10.86.0.2/32'],
  leaseId,
  expiresAt: '2026-01-01T00:00:00.000Z',
});
const lease = (leaseId: string) => ({ leaseId, publicKey: `key-of-${leaseId}` });

class RecordingWire implements GatewayWire {
  readonly frames: ToGateway[] = [];
  closed: number | null = null;
  send(frame: ToGateway): void {
    this.frames.push(frame);
  }
  resyncs = 0;
  close(code: number): void {
    this.closed = code;
  }
  resync(): void {
    this.resyncs += 1;
  }
}

describe('GatewayRegistry', () => {
  let registry: GatewayRegistry;
  let wire: RecordingWire;
  beforeEach(() => {
    registry = new GatewayRegistry(() => 1000);
    wire = new RecordingWire();
  });
  const revOf = (frame: ToGateway | undefined): number => (frame && 'rev' in frame ? frame.rev : -1);

  it('holds orders back until the first sync went out, then sends them in order with growing revs', async () => {
    registry.attach('g', wire);
    expect(registry.isOnline('g')).toBe(false);
    const added = registry.add('g', peer('a'), 1000);
    void registry.remove('g', [lease('b')], 1000);
    expect(wire.frames).toEqual([]);
    void registry.sync('g', { peers: [], networks: [], alternatePorts: [] }, 1000);
    expect(registry.isOnline('g')).toBe(true);
    expect(wire.frames.map((frame) => frame.type)).toEqual(['sync', 'add', 'remove']);
    const revs = wire.frames.map(revOf);
    expect(revs).toEqual([...revs].sort((x, y) => x - y));
    expect(new Set(revs).size).toBe(3);
    registry.confirm('g', revOf(wire.frames[1]), { ok: true });
    expect(await added).toEqual({ ok: true });
  });

  it('sends an add that comes while a whole truth is read after it, and a remove at once', async () => {
    registry.attach('g', wire);
    registry.resync('g');
    expect(wire.resyncs).toBe(0);
    void registry.sync('g', { peers: [], networks: [], alternatePorts: [] }, 1000);
    registry.resync('g');
    expect(wire.resyncs).toBe(1);
    registry.holdAdds('g');
    void registry.add('g', peer('a'), 1000);
    void registry.remove('g', [lease('b')], 1000);
    void registry.sync('g', { peers: [peer('b')], networks: ['10.0.0.0/8'], alternatePorts: [443] }, 1000);
    expect(wire.frames.map((frame) => frame.type)).toEqual(['sync', 'remove', 'sync', 'add']);
    expect(wire.frames[2]).toMatchObject({ peers: [], networks: ['10.0.0.0/8'], alternatePorts: [443] });
    void registry.add('g', peer('c'), 1000);
    expect(wire.frames).toHaveLength(5);
  });

  it('sends no add for a lease that was ordered away, whichever comes first to the wire', async () => {
    registry.attach('g', wire);
    void registry.remove('g', [lease('a')], 1000);
    const added = registry.add('g', peer('a'), 1000);
    void registry.sync('g', { peers: [peer('a'), peer('b')], networks: [], alternatePorts: [] }, 1000);
    expect(await added).toMatchObject({ ok: false, why: 'failed' });
    expect(wire.frames.map((frame) => frame.type)).toEqual(['sync', 'remove']);
    expect(wire.frames[0]).toMatchObject({ peers: [{ leaseId: 'b' }] });
  });

  it('tells when a gateway has the whole truth in force and when its channel is gone, and nothing of one replaced', async () => {
    const told: [string, boolean][] = [];
    registry.whenChanged((gatewayId, isOnline) => told.push([gatewayId, isOnline]));
    registry.attach('g', wire);
    const synced = registry.sync('g', { peers: [], networks: [], alternatePorts: [] }, 1000);
    expect(told).toEqual([]);
    registry.confirm('g', revOf(wire.frames[0]), { ok: true });
    await synced;
    expect(told).toEqual([['g', true]]);
    const next = new RecordingWire();
    registry.attach('g', next);
    registry.detach('g', wire);
    expect(told).toHaveLength(1);
    registry.detach('g', next);
    expect(told.slice(1)).toEqual([['g', false]]);
  });

  it('keeps a revocation across a lost channel, so that the next sync leaves the peer out', async () => {
    registry.attach('g', wire);
    void registry.sync('g', { peers: [], networks: [], alternatePorts: [] }, 1000);
    registry.detach('g', wire);
    expect(await registry.remove('g', [lease('a')], 1000)).toMatchObject({ ok: false, why: 'offline' });
    const next = new RecordingWire();
    registry.attach('g', next);
    void registry.sync('g', { peers: [peer('a')], networks: [], alternatePorts: [] }, 1000);
    expect(next.frames[0]).toMatchObject({ type: 'sync', peers: [] });
  });

  it('fails what waits for a channel that goes away or is replaced', async () => {
    registry.attach('g', wire);
    void registry.sync('g', { peers: [], networks: [], alternatePorts: [] }, 1000);
    const added = registry.add('g', peer('a'), 60_000);
    const next = new RecordingWire();
    registry.attach('g', next);
    expect(await added).toMatchObject({ ok: false, why: 'offline' });
    expect(wire.closed).toBe(4002);
    registry.confirm('g', revOf(wire.frames[1]), { ok: true });
    registry.detach('g', wire);
    void registry.sync('g', { peers: [], networks: [], alternatePorts: [] }, 1000);
    expect(registry.isOnline('g')).toBe(true);
  });

  it('fails what was held back for a channel that is replaced before its sync, and sends none of it', async () => {
    registry.attach('g', wire);
    const added = registry.add('g', peer('a'), 60_000);
    registry.attach('g', new RecordingWire());
    expect(await added).toMatchObject({ ok: false, why: 'offline' });
    expect(wire.frames).toEqual([]);
  });

  it('gives up waiting after the timeout, and passes a failure on', async () => {
    vi.useFakeTimers();
    registry.attach('g', wire);
    void registry.sync('g', { peers: [], networks: [], alternatePorts: [] }, 1000);
    const removed = registry.remove('g', [lease('a')], 2000);
    expect(registry.isOrderPending('a')).toBe(true);
    await vi.advanceTimersByTimeAsync(2001);
    expect(await removed).toMatchObject({ why: 'timeout' });
    expect(registry.isOrderPending('a')).toBe(false);
    const added = registry.add('g', peer('b'), 2000);
    registry.confirm('g', revOf(wire.frames.at(-1)), { ok: false, why: 'failed', error: 'no device' });
    expect(await added).toMatchObject({ why: 'failed', error: 'no device' });
    vi.useRealTimers();
  });
});
