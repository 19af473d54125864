import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchClockGap } from './clock-gap.ts';
import { startLongTimer } from './long-timer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the watch for sleep', () => {
  function watch() {
    const clock = { wall: 1_000_000, steady: 0 };
    const gaps: number[] = [];
    const pass = (ms: number) => {
      clock.wall += ms;
      clock.steady += ms;
      vi.advanceTimersByTime(ms);
    };
    const { stop } = watchClockGap({
      now: () => clock.wall,
      monotonic: () => clock.steady,
      onGap: (gapMs) => gaps.push(gapMs),
    });
    return { clock, gaps, pass, stop };
  }

  it('is quiet while the clocks agree', () => {
    const { gaps, pass, stop } = watch();
    for (let n = 0; n < 100; n++) pass(5_000);
    expect(gaps).toEqual([]);
    stop();
  });

  it('notices time that only the wall clock has counted, once', () => {
    const { clock, gaps, pass, stop } = watch();
    clock.wall += 3_600_000;
    pass(5_000);
    pass(5_000);
    expect(gaps).toEqual([3_600_000]);
    stop();
  });

  it('notices a timer that came late', () => {
    const { clock, gaps, pass, stop } = watch();
    clock.wall += 60_000;
    clock.steady += 60_000;
    pass(5_000);
    expect(gaps).toEqual([60_000]);
    stop();
  });

  it('takes a clock that is set back for no sleep, and still notices the next one', () => {
    const { clock, gaps, pass, stop } = watch();
    clock.wall -= 3_600_000;
    pass(5_000);
    expect(gaps).toEqual([]);
    clock.wall += 60_000;
    pass(5_000);
    expect(gaps).toEqual([60_000]);
    stop();
  });
});

describe('a long timer', () => {
  const DAY = 86_400_000;

  it('fires after thirty days and not at once', () => {
    const due = vi.fn();
    startLongTimer(30 * DAY, due);
    vi.advanceTimersByTime(30 * DAY - 1);
    expect(due).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(due).toHaveBeenCalledOnce();
  });

  it('that is cancelled in its second part never fires', () => {
    const due = vi.fn();
    const timer = startLongTimer(30 * DAY, due);
    vi.advanceTimersByTime(26 * DAY);
    timer.cancel();
    vi.advanceTimersByTime(30 * DAY);
    expect(due).not.toHaveBeenCalled();
  });

  it('with a time in the past fires at once', () => {
    const due = vi.fn();
    startLongTimer(-5, due);
    vi.advanceTimersByTime(0);
    expect(due).toHaveBeenCalledOnce();
  });
});
