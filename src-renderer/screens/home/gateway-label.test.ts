import { expect, test } from 'vitest';
import { uuid } from '../../harness/scenarios.ts';
import { en } from '../../strings/en.ts';
import { gatewayLabel } from './gateway-label.ts';

const gateway = { id: uuid(1), name: 'Oslo', endpoint: null, isOnline: true, trouble: null };

test.each([
  [{}, {}, 'Oslo'],
  [{}, { [uuid(1)]: 0 }, 'Oslo (0 ms)'],
  [{ trouble: 'forward-drop' }, { [uuid(1)]: 12 }, 'Oslo (12 ms), may not work'],
  [{ isOnline: false, trouble: 'forward-drop' }, { [uuid(1)]: 12 }, 'Oslo (offline)'],
])('%j with %j is chosen as %s', (change, roundTrips, label) => {
  expect(gatewayLabel({ ...gateway, ...change }, roundTrips, en)).toBe(label);
});
