import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CHANNEL_SILENCE_LIMIT_MS, startHeartbeat, startSilenceWatch } from './heartbeat.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('heartbeat', () => {
  it('calls the other side dead once, after two unanswered pings', () => {
    const ping = vi.fn();
    const onDead = vi.fn();
    startHeartbeat({ ping, onDead, now: () => Date.now() });
    vi.advanceTimersByTime(20_000);
    expect(ping).toHaveBeenCalledTimes(2);
    expect(onDead).not.toHaveBeenCalled();
    vi.advanceTimersByTime(60_000);
    expect(onDead).toHaveBeenCalledTimes(1);
    expect(ping).toHaveBeenCalledTimes(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('goes on as long as pongs come and ends when stopped', () => {
    const onDead = vi.fn();
    const heartbeat = startHeartbeat({ ping: () => heartbeat.heard(), onDead, now: () => Date.now() });
    vi.advanceTimersByTime(600_000);
    expect(onDead).not.toHaveBeenCalled();
    heartbeat.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('silence watch', () => {
  it('fires after 25 s without a sign, counted from the last one', () => {
    const onSilent = vi.fn();
    const watch = startSilenceWatch(onSilent);
    expect(CHANNEL_SILENCE_LIMIT_MS).toBe(25_000);
    vi.advanceTimersByTime(20_000);
    watch.heard();
    vi.advanceTimersByTime(24_999);
    expect(onSilent).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onSilent).toHaveBeenCalledTimes(1);
  });
});
