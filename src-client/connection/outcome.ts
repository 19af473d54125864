import type { ConnectionState } from '../../src-shared/connection-state.ts';
import { fail, ok, problem, type Result } from '../../src-shared/problem.ts';

/** What a call to connect has come to, or null while that is open. */
export function connectOutcome(view: ConnectionState): Result<void> | null {
  switch (view.phase) {
    case 'connected':
    case 'gate':
      return ok(undefined);
    case 'disconnected':
      return { ok: false, problem: view.cause ?? problem('cancelled', view.reason?.message) };
    case 'signed-out':
      return fail('signed-out', view.reason?.message);
    case 'reconnecting':
      return view.cause ? { ok: false, problem: view.cause } : null;
    default:
      return null;
  }
}

/** Null while something is still going down. */
export function leaveOutcome(view: ConnectionState): Result<void> | null {
  return view.phase === 'disconnecting' ? null : ok(undefined);
}
