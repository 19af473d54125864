import { MOST_PORTALS_PER_HOUR } from '../../src-shared/guard.ts';
import { fail, ok, type Result } from '../../src-shared/problem.ts';

const HOUR_MS = 3_600_000;

export interface PortalRequest {
  portalMinutes: number;
  isTunnelUp: boolean;
  /** What the computer is attached to now, and at the last window. */
  attachment: string | null;
  lastAttachment: string | null;
  /** The windows of before, milliseconds since 1970; a clock that was set since says too little or too much. */
  portals: readonly number[];
  /** The windows since this process started, on the clock that nobody can set. */
  opened: readonly number[];
  now: number;
  monotonicNow: number;
}

/** Whether the page of a network may be opened now; answers with the windows of the last hour, without the new one. */
export function portalAllowed(
  request: PortalRequest,
): Result<{ portals: readonly number[]; opened: readonly number[] }> {
  const { portalMinutes, isTunnelUp, attachment, lastAttachment, now, monotonicNow } = request;
  if (portalMinutes === 0) return fail('portal-refused', 'Your team does not allow it.');
  if (isTunnelUp) return fail('portal-refused', 'You are connected: nothing is held back.');
  if (attachment === null) return fail('portal-refused', 'This computer is not connected to a network.');
  if (attachment === lastAttachment)
    return fail(
      'portal-refused',
      'It was open already on this network. Leave the network and join it again, or use another one.',
    );
  const portals = request.portals.filter((at) => at <= now && now - at < HOUR_MS);
  const opened = request.opened.filter((at) => monotonicNow - at < HOUR_MS);
  const waits = [
    ...(portals.length >= MOST_PORTALS_PER_HOUR ? [Math.min(...portals) + HOUR_MS - now] : []),
    ...(opened.length >= MOST_PORTALS_PER_HOUR ? [Math.min(...opened) + HOUR_MS - monotonicNow] : []),
  ];
  if (waits.length === 0) return ok({ portals, opened });
  const minutes = Math.ceil(Math.max(...waits) / 60_000);
  return fail(
    'portal-refused',
    `It was opened ${MOST_PORTALS_PER_HOUR} times in the last hour. Try again in ${minutes} min.`,
  );
}
