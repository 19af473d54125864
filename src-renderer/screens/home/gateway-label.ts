import type { AppSnapshot } from '../../../src-shared/app-snapshot.ts';
import type { Words } from '../../strings/en.ts';

/** A gateway as it is chosen: its name, how near it is, and what is known to be wrong with it. */
export function gatewayLabel(
  { id, name, isOnline, trouble }: AppSnapshot['gateways'][number],
  roundTrips: AppSnapshot['roundTrips'],
  w: Words,
): string {
  if (!isOnline) return w.home.gatewayOffline(name);
  const ms = roundTrips[id];
  const near = ms === undefined ? name : w.home.gatewayNear(name, ms);
  return trouble === null ? near : w.home.gatewayIll(near);
}
