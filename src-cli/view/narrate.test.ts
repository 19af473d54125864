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
  expect(told('open', 'connecting')).toEqual([expect.stringContaining('cannot be reached')]);
  expect(told('connecting', 'open')).toEqual(['The server can be reached again.']);
});

test('a channel that the server closed for good is not told as a server that is lost', () => {
  expect(told('open', 'closed')).toEqual([]);
});
