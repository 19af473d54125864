import type { GuardState } from '../../src-shared/guard.ts';
import type { HelperStatus } from '../../src-shared/helper-rpc.ts';
import { helperDown } from './scripted-helper.ts';

/** A guard as a server sends it, unsigned: only the helper would look. `seq` in milliseconds. */
export function guardJws(deviceId: string, seq: number, issuer = 'https://vpn.test.example'): string {
  const claims = Buffer.from(JSON.stringify({ iss: issuer, sub: deviceId, seq })).toString('base64url');
  return `e30.${claims}.c2ln`;
}

/** Nothing is asked for and nothing held back. */
export const noGuard: GuardState = {
  mode: 'off',
  holds: 'nothing',
  source: 'team',
  since: null,
  until: null,
  portalUntil: null,
  failed: null,
  control: [],
  own: 'off',
  portalMinutes: 0,
  mayRelease: false,
};

/** The team's networks are closed, as their rule is, for fourteen days from now. */
export function closedGuard(change: Partial<GuardState> = {}): GuardState {
  const until = new Date(Date.now() + 14 * 86_400_000).toISOString();
  const since = '2026-11-21T12:03:00.000Z';
  return { ...noGuard, mode: 'gate', holds: 'team', since, until, portalMinutes: 5, ...change };
}

/** A helper that can hold traffic back, without a tunnel. */
export function guardingHelper(guard: GuardState = noGuard): HelperStatus {
  return { ...helperDown, version: '1.0.0', features: ['control', 'refresh', 'guard'], guard };
}
