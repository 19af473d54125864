import type { GuardClaims, GuardEvent } from '../../src-shared/guard.ts';
import { MAX_GUARD_EVENTS } from '../../src-shared/guard.ts';
import { fail, ok, type Result } from '../../src-shared/problem.ts';
import type { KnownGuard } from './demand.ts';
import type { GuardRecord } from './guard-file.ts';

/** Devices of one server that this computer may have been. */
const MAX_OF_A_SERVER = 16;
const MAX_IN_ALL = 64;
/** An event so far ahead was written by a clock that was wrong. */
const CLOCK_SLACK_MS = 5 * 60_000;

/**
 * The newest of each device, with this one. Room is made by what holds nothing back, never by what another server or
 * another device has held; `guard-invalid` where there is none, or this one is not newer than what is known.
 */
export function withGuard(guards: readonly KnownGuard[], claims: GuardClaims): Result<KnownGuard[]> {
  const { iss, sub, seq, mode } = claims;
  const before = guards.find((known) => known.claims.iss === iss && known.claims.sub === sub);
  if (before && before.claims.seq >= seq)
    return fail('guard-invalid', 'A newer order of this server is in force already.');
  const kept = guards.filter((known) => known !== before);
  const isFull = (of: readonly KnownGuard[], most: number) => of.length >= most;
  const ofServer = kept.filter((known) => known.claims.iss === iss);
  if (isFull(ofServer, MAX_OF_A_SERVER) || isFull(kept, MAX_IN_ALL)) {
    const idle = ofServer.find((known) => known.isReleased || known.claims.mode === 'off');
    if (!idle) {
      // What holds nothing back changes nothing by not being kept.
      if (mode === 'off') return ok([...guards]);
      return fail('guard-invalid', 'This computer has been too many devices of this server.');
    }
    kept.splice(kept.indexOf(idle), 1);
  }
  return ok([...kept, { claims, isReleased: false }]);
}

/** Nothing counts any more until a newer word comes. */
export function released(record: GuardRecord, kind: GuardEvent['kind'], now: number): GuardRecord {
  const guards = record.guards.map(({ claims }) => ({ claims, isReleased: true }));
  return { ...record, guards, own: {}, events: withEvent(record.events, kind, now) };
}

/** `at` grows from one to the next. */
export function withEvent(
  events: readonly GuardEvent[],
  kind: GuardEvent['kind'],
  now: number,
): GuardEvent[] {
  const believed = events.filter(({ at }) => Date.parse(at) <= now + CLOCK_SLACK_MS);
  const last = believed.at(-1);
  const at = Math.max(now, last ? Date.parse(last.at) + 1 : 0);
  return [...believed, { at: new Date(at).toISOString(), kind }].slice(-MAX_GUARD_EVENTS);
}
