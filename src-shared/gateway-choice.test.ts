import { expect, test } from 'vitest';
import { offeredGateway } from './gateway-choice.ts';

const gateway = (name: string, isOnline = true) => ({ name, isOnline });
const offered = (gateways: ReturnType<typeof gateway>[], last: string) =>
  offeredGateway(gateways, ({ name }) => name === last)?.name;

test.each([
  ['the last used', [gateway('a'), gateway('b')], 'b', 'b'],
  ['the first without one', [gateway('a'), gateway('b')], '', 'a'],
  [
    'one that is online before the last used',
    [gateway('a', false), gateway('b'), gateway('c', false)],
    'c',
    'b',
  ],
  ['the last used where none is', [gateway('a', false), gateway('b', false)], 'b', 'b'],
  ['nothing of nothing', [], 'a', undefined],
])('%s is offered', (_, gateways, last, expected) => {
  expect(offered(gateways, last)).toBe(expected);
});
