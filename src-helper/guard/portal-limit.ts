import { fail, ok, type Result } from '../../src-shared/problem.ts';

const HOUR_MS = 3_600_000;
const MOST_PER_HOUR = 3;

export interface PortalRequest {
  portalMinutes: number;
  isTunnelUp: boolean;
  /** What the computer is attached to now, and at the last window. */
  attachment: string | null;
  lastAttachment: string | null;
  /** The windows of before, milliseconds since 1970. */
  portals: readonly number[];
  now: number;
}

/** Whether the page of a network may be opened now; answers with the windows of the last hour, without the new one. */
export function portalAllowed(request: PortalRequest): Result<{ recent: number[] }> {
  const { portalMinutes, isTunnelUp, attachment, lastAttachment, portals, now } = request;
  if (portalMinutes === 0) return fail('portal-refused', 'Your team does not allow it.');
  if (isTunnelUp) return fail('portal-refused', 'You are connected: nothing is held back.');
  if (attachment === null) return fail('portal-refused', 'This computer is not connected to a network.');
  if (attachment === lastAttachment)
    return fail(
      'portal-refused',
      'It was open already on this network. Leave the network and join it again, or use another one.',
    );
  const recent = portals.filter((at) => at <= now && now - at < HOUR_MS);
  if (recent.length >= MOST_PER_HOUR) {
    const minutes = Math.ceil((Math.min(...recent) + HOUR_MS - now) / 60_000);
    return fail(
      'portal-refused',
      `It was opened ${MOST_PER_HOUR} times in the last hour. Try again in ${minutes} min.`,
    );
  }
  return ok({ recent });
}
