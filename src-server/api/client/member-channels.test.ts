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
  for (const one of wires.slice(0, 2)) channels.closed('member', one, 0);
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

test('who has sent too much gets no new measure by closing the last channel and opening another', () => {
  const channels = new MemberChannels();
  const sentBy = (now: number) => {
    const one = wire();
    const isInTime = channels.opened('member', one, now);
    const sent = Array.from({ length: 500 }, () => isInTime(now)).filter((isGood) => isGood).length;
    channels.closed('member', one, now);
    return sent;
  };
  expect([1, 2, 3, 4].map(() => sentBy(0))).toEqual([500, 500, 500, 500]);
  expect(sentBy(0)).toBe(0);
  expect(sentBy(1_000)).toBe(200);
  expect(sentBy(11_000)).toBe(500);
});

test('of members who are gone it remembers no more than those of the last moments', () => {
  const channels = new MemberChannels();
  for (let second = 0; second < 1_000; second++) {
    const one = wire();
    channels.opened(`member${second}`, one, second * 1_000);
    channels.closed(`member${second}`, one, second * 1_000);
  }
  expect(channels.size).toBeLessThanOrEqual(11);
  const stays = wire();
  channels.opened('stays', stays, 0);
  for (let second = 2_000; second < 2_020; second++) channels.opened('another', wire(), second * 1_000);
  expect(channels.size).toBe(2);
});
