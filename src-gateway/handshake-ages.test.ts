import { beforeEach, describe, expect, it } from 'vitest';
import { HandshakeAges } from './handshake-ages.ts';

describe('how long ago a handshake was', () => {
  const now = { wallMs: 0, monotonicMs: 0 };
  let ages: HandshakeAges;
  beforeEach(() => {
    Object.assign(now, { wallMs: 1_700_000_000_000, monotonicMs: 50_000 });
    ages = new HandshakeAges({ wallMs: () => now.wallMs, monotonicMs: () => now.monotonicMs });
  });
  const pass = (ms: number) => {
    now.wallMs += ms;
    now.monotonicMs += ms;
  };
  const ageOf = (lastHandshakeAt: number | null) => ages.look([{ publicKey: 'a', lastHandshakeAt }]).get('a');

  it('is nothing before the first, and counts from each on', () => {
    pass(10_000);
    expect(ageOf(null)).toBeNull();
    pass(10_000);
    const first = now.wallMs - 4_000;
    expect(ageOf(first)).toBe(4_000);
    pass(10_000);
    expect(ageOf(first)).toBe(14_000);
    expect(ageOf(now.wallMs)).toBe(0);
  });

  it('is the same whichever way the wall clock is set after it', () => {
    pass(10_000);
    const at = now.wallMs - 4_000;
    ageOf(at);
    for (const jump of [3_600_000, -7_200_000]) {
      now.wallMs += jump;
      pass(10_000);
      ageOf(at);
    }
    expect(ageOf(at)).toBe(24_000);
  });

  it('is not more than the time since the last look, nor less than none, for a clock that was set in between', () => {
    pass(10_000);
    ageOf(null);
    const at = now.wallMs;
    now.wallMs += 3_600_000;
    pass(10_000);
    expect(ageOf(at)).toBe(10_000);
    pass(5_000);
    const next = now.wallMs;
    now.wallMs -= 3_600_000;
    pass(2_000);
    expect(ageOf(next)).toBe(0);
    pass(1_000);
    expect(ageOf(next)).toBe(1_000);
  });

  it('begins anew with a peer that was away', () => {
    pass(10_000);
    const at = now.wallMs - 2_000;
    expect(ageOf(at)).toBe(2_000);
    pass(10_000);
    expect(ages.look([])).toEqual(new Map());
    pass(10_000);
    expect(ageOf(null)).toBeNull();
  });
});
