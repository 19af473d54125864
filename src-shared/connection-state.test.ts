import { expect, expectTypeOf, test } from 'vitest';
import { activityEntry, appSnapshot } from './app-snapshot.ts';
import {
  type ConnectionState,
  type Phase,
  phaseSchema,
  type Source,
  sourceSchema,
} from './connection-state.ts';
import { problem } from './problem.ts';

const id = '018f3f3e-0000-7000-8000-000000000001';
const at = '2026-11-21T12:00:00.000Z';
const reason = { code: 'administrator', message: 'sign-in from a new country', at };
const lease = { leaseId: id, gatewayId: id, expiresAt: at, epoch: 1, addresses: ['10.0.0.2/32'] };
const refused = problem('wrong-pin', undefined, { attemptsLeft: 2 });
const prompt: Extract<ConnectionState, { phase: 'gate' }>['prompt'] = {
  gatewayId: id,
  challenge: { id, nonce: 'bm9uY2U', requires: ['totp'], unlockMethods: ['pin'], reason, expiresAt: at },
  reason,
  lastFailure: refused,
  attemptsLeft: 2,
  waitUntil: at,
  isChecking: false,
  prompting: 'uv-hw',
};

/** A phase that is added without its example here does not type. */
const examples: { [P in Phase]: Extract<ConnectionState, { phase: P }> } = {
  'signed-out': { phase: 'signed-out', reason },
  disconnected: { phase: 'disconnected', cause: refused, reason, source: 'tray' },
  gate: { phase: 'gate', prompt },
  connecting: { phase: 'connecting', gatewayId: id, attempt: 1, lease },
  connected: {
    phase: 'connected',
    gatewayId: id,
    lease,
    since: at,
    health: 'good',
    renewal: prompt,
    expiring: at,
    isOutdated: true,
    warning: 'DNS is unmanaged',
  },
  reconnecting: {
    phase: 'reconnecting',
    gatewayId: id,
    lease,
    cause: refused,
    attempt: 2,
    nextTryAt: at,
    warning: null,
  },
  disconnecting: { phase: 'disconnecting', next: 'gate', reason },
  blocked: { phase: 'blocked', cause: reason, blockingFailed: refused },
};

test.each(phaseSchema.options)('the window receives %s as it was sent', (phase) => {
  const sent = structuredClone(examples[phase]);
  expect(appSnapshot.shape.connection.parse(sent)).toEqual(examples[phase]);
});

test('the phases are those of the examples', () => {
  expect(phaseSchema.options).toEqual(Object.keys(examples));
});

test.each(sourceSchema.options)('the window receives what was asked for by %s', (source) => {
  const state = { ...examples.disconnected, source };
  expect(appSnapshot.shape.connection.parse(state)).toEqual(state);
  expect(activityEntry.shape.source.parse(source)).toBe(source);
});

test('what the preload parses is what main may send, no more and no less', () => {
  expectTypeOf(appSnapshot.shape.connection._zod.input).toEqualTypeOf<ConnectionState>();
  expectTypeOf(activityEntry.shape.source._zod.input).toEqualTypeOf<Source | null>();
});
