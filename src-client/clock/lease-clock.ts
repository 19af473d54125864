import { clockSpan } from '../../src-shared/clock-span.ts';
import { type Problem, problem } from '../../src-shared/problem.ts';

/** The helper takes no lease from a server whose clock is further ahead. */
const HELPER_LEEWAY_MS = 60_000;

/**
 * `clock-off` when the helper would refuse a lease that were given out now, as not yet or no more valid; else null.
 * `offsetMs`: the server's clock minus this computer's. `leaseSeconds`: the longest that a lease lives.
 */
export function clockRefusal(offsetMs: number, leaseSeconds: number): Problem | null {
  if (offsetMs <= HELPER_LEEWAY_MS && -offsetMs < leaseSeconds * 1000) return null;
  const side = offsetMs > 0 ? 'behind' : 'ahead';
  const detail = `This computer's clock is ${clockSpan(offsetMs)} ${side}. Nothing was sent: set the clock right, then try again.`;
  return problem('clock-off', detail, { offsetMs });
}
