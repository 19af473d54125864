import type { LeaseKeyHolders, WithoutNextKey } from '../../rotation/lease-key-holders.ts';
import { shortTime } from '../run-command.ts';

const MOST_LINES = 20;

/** How many have the next key. */
export function holderWords({ devices, have, seenWithout }: LeaseKeyHolders): string {
  const left = devices - have;
  if (left === 0) return `All ${devices} devices have the next key.`;
  const seen =
    seenWithout === 0
      ? 'not seen since the rotation began'
      : `${seenWithout} of these were seen since it began: their Postern is too old for it, or its helper was not there`;
  return `${have} of ${devices} devices have the next key; ${left} do not (${seen}).`;
}

/** The devices without it, for a person to look after. */
export function holderLines({ without }: LeaseKeyHolders): string[] {
  if (without.length === 0) return [];
  const lines = withoutLines(without);
  const more = without.length - lines.length;
  return ['Without it:', ...lines, ...(more > 0 ? [`  and ${more} more (--json has all)`] : [])];
}

function withoutLines(without: readonly WithoutNextKey[]): string[] {
  return without
    .slice(0, MOST_LINES)
    .map(({ device, member, lastSeenAt }) => `  ${device} of ${member}, last seen ${shortTime(lastSeenAt)}`);
}
