import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Peer } from '../src-shared/gateway-channel.ts';
import { Enforcer } from './enforcer.ts';
import { MemoryDevice } from './testing/memory-device.ts';

const START = Date.parse('2026-11-21T12:00:00.000Z');

describe('the enforcer', () => {
  let device: MemoryDevice;
  let enforcer: Enforcer;
  /** Added to the wall clock: somebody set it. */
  let wallShiftMs: number;

  const lease = (publicKey: string, lifeMs: number, presharedKey = 'p'): Peer => ({
    publicKey,
    presharedKey,
    allowedIps: [`10.0.0.${publicKey.charCodeAt(0)}/32`],
    leaseId: `lease-${publicKey}`,
    expiresAt: new Date(START + lifeMs).toISOString(),
  });
  const held = () => [...device.held.keys()].sort().join('');

  beforeEach(() => {
    vi.useFakeTimers({ now: START });
    wallShiftMs = 0;
    device = new MemoryDevice();
    const clock = { wallMs: () => Date.now() + wallShiftMs, monotonicMs: () => performance.now() };
    enforcer = new Enforcer(device, 300, clock, pino({ level: 'silent' }));
  });
  afterEach(async () => {
    await enforcer.stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('removes peers at the end of their lease, several in one call, and not before', async () => {
    await enforcer.sync([lease('a', 60_000), lease('b', 60_000), lease('c', 120_000)]);
    await vi.advanceTimersByTimeAsync(59_990);
    expect(held()).toBe('abc');
    await vi.advanceTimersByTimeAsync(20);
    expect(held()).toBe('c');
    expect(device.calls.at(-1)?.remove).toEqual(['a', 'b']);
    expect(device.calls).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(held()).toBe('');
  });

  it('gives no second to a lease when the clock is set back', async () => {
    await enforcer.sync([lease('a', 60_000)]);
    wallShiftMs = -3_600_000;
    await vi.advanceTimersByTimeAsync(30_000);
    // Hearing of the same lease again prolongs nothing either.
    await enforcer.sync([lease('a', 60_000)]);
    await enforcer.add(lease('a', 60_000));
    await vi.advanceTimersByTimeAsync(29_000);
    expect(held()).toBe('a');
    await vi.advanceTimersByTimeAsync(1_100);
    expect(held()).toBe('');
  });

  it('ends leases early when the clock is set forward', async () => {
    await enforcer.sync([lease('a', 3_600_000)]);
    wallShiftMs = 3_600_000;
    await vi.advanceTimersByTimeAsync(5_100);
    expect(held()).toBe('');
  });

  it('refuses an addition that is over and leaves such a peer out of a sync', async () => {
    expect(await enforcer.add(lease('a', -1))).toMatchObject({ type: 'failed' });
    await enforcer.sync([lease('a', -1), lease('b', 1000)]);
    expect(held()).toBe('b');
  });

  it('keeps a renewed lease past its old end, without touching the peer', async () => {
    await enforcer.sync([lease('a', 60_000)]);
    await vi.advanceTimersByTimeAsync(50_000);
    await enforcer.add({ ...lease('a', 600_000), leaseId: 'lease-a2' });
    expect(device.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(held()).toBe('a');
    expect(device.endedSessions).toEqual([]);
  });

  it('tries again when the device refuses to remove what is over', async () => {
    await enforcer.sync([lease('a', 10_000)]);
    device.refuse = () => 'busy';
    await vi.advanceTimersByTimeAsync(15_000);
    expect(held()).toBe('a');
    device.refuse = () => null;
    await vi.advanceTimersByTimeAsync(1_100);
    expect(held()).toBe('');
  });

  it('removes everybody once the server has been away for too long, and takes a sync afterwards', async () => {
    await enforcer.sync([lease('a', 3_600_000), lease('b', 3_600_000)]);
    enforcer.serverLost();
    await vi.advanceTimersByTimeAsync(200_000);
    enforcer.serverLost(); // A failed try in between does not start the time over.
    await vi.advanceTimersByTimeAsync(99_000);
    expect(held()).toBe('ab');
    await vi.advanceTimersByTimeAsync(1_100);
    expect(held()).toBe('');
    await enforcer.sync([lease('b', 3_600_000)]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(held()).toBe('b');
  });

  it('removes everybody at once when the server knows this gateway no more', async () => {
    await enforcer.sync([lease('a', 3_600_000)]);
    enforcer.serverLost();
    enforcer.dismissed();
    await vi.advanceTimersByTimeAsync(10);
    expect(held()).toBe('');
    await enforcer.sync([lease('b', 3_600_000)]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(held()).toBe('b');
  });

  it('does not count time in which the server was there', async () => {
    await enforcer.sync([lease('a', 3_600_000)]);
    enforcer.serverLost();
    await vi.advanceTimersByTimeAsync(299_000);
    await enforcer.sync([lease('a', 3_600_000)]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(held()).toBe('a');
    expect(device.endedSessions).toEqual([]);
  });

  it('lets a sync that failed stop no clock, and keeps emptying until the device obeys', async () => {
    await enforcer.sync([lease('a', 3_600_000)]);
    enforcer.serverLost();
    await vi.advanceTimersByTimeAsync(299_000);
    device.refuse = () => 'busy';
    expect(await enforcer.sync([lease('b', 3_600_000)])).toMatchObject({ type: 'failed' });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(held()).toBe('a');
    device.refuse = () => null;
    await vi.advanceTimersByTimeAsync(1_100);
    expect(held()).toBe('');
  });

  it('removes everybody when it is stopped', async () => {
    await enforcer.sync([lease('a', 3_600_000)]);
    await enforcer.stop();
    expect(held()).toBe('');
  });
});
