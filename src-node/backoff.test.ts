import * as fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createBackoff, sleep } from './backoff.ts';

describe('backoff', () => {
  it('doubles its ceiling up to the maximum and starts over after a reset', () => {
    const backoff = createBackoff({ random: () => 0.999_999 });
    const delays = Array.from({ length: 8 }, () => backoff.nextDelayMs());
    expect(delays).toEqual([499, 999, 1999, 3999, 7999, 15999, 29999, 29999]);
    expect(backoff.attempt).toBe(8);
    backoff.reset();
    expect(backoff.nextDelayMs()).toBe(499);
  });

  it('never leaves [0, maxMs), however many attempts and whatever the dice say', () => {
    void fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 200 }),
        (dice) => {
          let index = 0;
          const backoff = createBackoff({ random: () => dice[index++] ?? 0 });
          for (const _ of dice) {
            const delay = backoff.nextDelayMs();
            expect(delay).toBeGreaterThanOrEqual(0);
            expect(delay).toBeLessThan(30_000);
          }
        },
      ),
    );
  });
});

describe('sleep', () => {
  afterEach(() => void vi.useRealTimers());

  it('ends early when aborted and leaves no timer behind', async () => {
    vi.useFakeTimers();
    const controller = new AbortController();
    const sleeping = sleep(60_000, controller.signal);
    controller.abort();
    expect(await sleeping).toBe('aborted');
    expect(vi.getTimerCount()).toBe(0);
    expect(await sleep(60_000, controller.signal)).toBe('aborted');
  });

  it('elapses otherwise', async () => {
    vi.useFakeTimers();
    const sleeping = sleep(1000, new AbortController().signal);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await sleeping).toBe('elapsed');
  });
});
