import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Knock, knockTcp, measureRoundTrip } from './round-trip.ts';

const never = new AbortController().signal;

describe('the way to a gateway', () => {
  let now: number;
  /** How long each try takes to be answered; null: nobody answers. */
  let tries: (number | null)[];
  let knocks: string[];
  const knock: Knock = (address, port, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve(false);
      knocks.push(`${address} ${port} ${now}`);
      const takesMs = tries.shift() ?? null;
      if (takesMs !== null) setTimeout(() => resolve(true), takesMs);
      signal.addEventListener('abort', () => resolve(false));
    });
  const measure = (signal = never) =>
    measureRoundTrip('[2001:db8::1]:51820', signal, { monotonic: () => Date.now(), knock });
  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
    now = 0;
    tries = [];
    knocks = [];
  });
  afterEach(() => void vi.useRealTimers());

  it('is as long as the smaller of two tries', async () => {
    tries = [80, 23];
    const measured = measure();
    await vi.advanceTimersByTimeAsync(103);
    expect(await measured).toBe(23);
    expect(knocks).toEqual(['2001:db8::1 51820 0', '2001:db8::1 51820 0']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is told though the first try is lost', async () => {
    tries = [null, 40];
    const measured = measure();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await measured).toBe(40);
  });

  it('is not known after a second without an answer', async () => {
    const measured = measure();
    await vi.advanceTimersByTimeAsync(999);
    const early = await Promise.race([measured, Promise.resolve('not yet')]);
    expect(early).toBe('not yet');
    await vi.advanceTimersByTimeAsync(1);
    expect(await measured).toBeNull();
    expect(knocks).toHaveLength(2);
  });

  it('is not that of this computer itself, or of its own link', async () => {
    for (const endpoint of ['127.0.0.1:51820', '0.0.0.0:9', '[::1]:9', '[::ffff:127.0.0.1]:9', '[fe80::1]:9'])
      expect(
        await measureRoundTrip(endpoint, never, { monotonic: Date.now, knock: async () => true }),
      ).toBeNull();
  });

  it('is not asked for any more once that is taken back', async () => {
    const asked = new AbortController();
    const measured = measure(asked.signal);
    asked.abort();
    expect(await measured).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a host is there', () => {
  it('when it takes the connection, and when it refuses it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await knockTcp('127.0.0.1', port, never)).toBe(true);
    server.close();
    await once(server, 'close');
    expect(await knockTcp('127.0.0.1', port, never)).toBe(true);
  });

  it('but not when something on the way says no, or nobody asks any more', async () => {
    // No connection can be made to everybody: this computer itself says no.
    expect(await knockTcp('255.255.255.255', 9, AbortSignal.timeout(2_000))).toBe(false);
    expect(await knockTcp('127.0.0.1', 9, AbortSignal.abort())).toBe(false);
  });
});
