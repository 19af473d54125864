import { describe, expect, test } from 'vitest';
import { equallyGood, offeredGateway, rankedGateways } from './gateway-choice.ts';

const gateway = (id: string, isOnline = true, trouble: string | null = null) => ({ id, isOnline, trouble });
const preferring = (last: string, roundTrips: Record<string, number> = {}) => ({
  isLast: ({ id }: { id: string }) => id === last,
  roundTrips,
});
type Gateways = ReturnType<typeof gateway>[];
const ill = (id: string) => gateway(id, true, 'forward-drop');
const off = (id: string) => gateway(id, false);

test.each<[string, Gateways, string, Record<string, number>, string | undefined]>([
  ['the last used', [gateway('a'), gateway('b')], 'b', {}, 'b'],
  ['the first without one', [gateway('a'), gateway('b')], '', {}, 'a'],
  ['one that is online before the last used', [off('a'), gateway('b'), off('c')], 'c', {}, 'b'],
  ['the last used where none is', [off('a'), off('b')], 'b', {}, 'b'],
  ['nothing of nothing', [], 'a', {}, undefined],
  ['the nearest before the last used', [gateway('a'), gateway('b')], 'a', { a: 40, b: 12 }, 'b'],
  ['one whose way is known before the last used', [gateway('a'), gateway('b')], 'a', { b: 900 }, 'b'],
  ['the last used of equally near ones', [gateway('a'), gateway('b')], 'b', { a: 12, b: 12 }, 'b'],
  ['no nearer one that is offline', [off('a'), gateway('b')], 'a', { a: 1, b: 90 }, 'b'],
  ['no nearer one with a trouble', [ill('a'), gateway('b')], 'a', { a: 1, b: 90 }, 'b'],
  ['one with a trouble where there is no other', [ill('a'), off('b')], 'b', {}, 'a'],
])('%s is offered', (_, gateways, last, roundTrips, expected) => {
  expect(offeredGateway(gateways, preferring(last, roundTrips))?.id).toBe(expected);
});

test('all of them are ranked, the worst last', () => {
  const all = [off('gone'), ill('ill'), gateway('far'), gateway('near')];
  const ranked = rankedGateways(all, preferring('', { far: 80, near: 8, gone: 1 }));
  expect(ranked.map(({ id }) => id)).toEqual(['near', 'far', 'ill', 'gone']);
});

describe('only nearness decides between', () => {
  test.each<[string, Gateways, string[]]>([
    ['all that are well', [gateway('a'), ill('b'), gateway('c'), off('d')], ['a', 'c']],
    ['those with a trouble where none is well', [ill('a'), ill('b'), off('c')], ['a', 'b']],
    ['none of none', [], []],
  ])('%s', (_, gateways, expected) => {
    expect(equallyGood(gateways).map(({ id }) => id)).toEqual(expected);
  });
});
