import { expect, test, vi } from 'vitest';
import { MemberChannels, MOST_CHANNELS } from './member-channels.ts';

const wire = () => ({ send: vi.fn(), close: vi.fn() });

test('the oldest channel of a member makes room for the newest, and those of others stay', () => {
  const channels = new MemberChannels();
  const others = wire();
  channels.opened('other', others, 0);
  const wires = Array.from({ length: MOST_CHANNELS }, wire);
  for (const one of wires) channels.opened('member', one, 0);
  for (const one of wires) expect(one.close).not.toHaveBeenCalled();
  channels.opened('member', wire(), 0);
  expect(wires[0]?.close).toHaveBeenCalledWith(1012, expect.any(String));
  expect(wires[1]?.close).not.toHaveBeenCalled();
  expect(others.close).not.toHaveBeenCalled();
});

test('a channel that is closed makes room by itself, also when it was put out before', () => {
  const channels = new MemberChannels();
  const wires = Array.from({ length: MOST_CHANNELS + 1 }, wire);
  for (const one of wires) channels.opened('member', one, 0);
  for (const one of wires.slice(0, 2)) channels.closed('member', one);
  channels.opened('member', wire(), 0);
  expect(wires[2]?.close).not.toHaveBeenCalled();
});

test('frames of all channels of a member count together, and come back with time', () => {
  const channels = new MemberChannels();
  const isInTime = Array.from({ length: 10 }, () => channels.opened('member', wire(), 0));
  const sent = (now: number) =>
    isInTime.flatMap((ask) => Array.from({ length: 400 }, () => ask(now))).filter((isGood) => isGood).length;
  expect(sent(0)).toBe(2_000);
  expect(sent(0)).toBe(0);
  expect(sent(1_000)).toBe(200);
  expect(channels.opened('other', wire(), 0)(0)).toBe(true);
});
