import { expect, test } from 'vitest';
import { createScriptedCore, GATEWAY_ID } from '../testing/scripted-core.ts';
import { narrate } from './narrate.ts';
import { toView } from './view.ts';

const time = { now: () => Date.parse('2026-11-21T13:00:00Z'), timeZone: 'UTC' };
const at = '2026-11-21T12:03:00.000Z';
const core = createScriptedCore({ isSignedIn: true, isGated: false });
const onChannel = (channel: 'open' | 'connecting' | 'closed') =>
  toView({
    ...core.snapshot(),
    channel,
    connection: {
      phase: 'connected',
      gatewayId: GATEWAY_ID,
      lease: {
        leaseId: GATEWAY_ID,
        gatewayId: GATEWAY_ID,
        expiresAt: at,
        epoch: 1,
        addresses: ['10.7.0.2/32'],
      },
      since: at,
      health: 'good',
      renewal: null,
      expiring: null,
      isOutdated: false,
      warning: null,
    },
  });
const told = (from: 'open' | 'connecting', to: 'open' | 'connecting' | 'closed') =>
  narrate(onChannel(from), onChannel(to), time);

test('a server that is lost and found is told', () => {
  expect(told('open', 'connecting')).toEqual([
    'The server cannot be reached at the moment. If your access ends meanwhile, you hear of it only when the server is back.',
  ]);
  expect(told('connecting', 'open')).toEqual(['The server can be reached again.']);
});

test.each([
  [['10.7.0.2'], 'Your address is 10.7.0.2.'],
  [['10.7.0.2', 'fd86:1:4::2'], 'Your addresses are 10.7.0.2 and fd86:1:4::2.'],
])('the addresses %j are told as so many', (addresses, sentence) => {
  expect(narrate(null, { ...onChannel('open'), addresses }, time).join(' ')).toContain(sentence);
});

test('a channel that the server closed for good is not told as a server that is lost', () => {
  expect(told('open', 'closed')).toEqual([]);
});
