import type { LeaseKeyHolders, WithoutNextKey } from '../../rotation/lease-key-holders.ts';
import { shortTime } from '../run-command.ts';

const MOST_LINES = 20;

/** How many have the next key. */
export function holderWords({ devices, have, seenWithout, connectedWithout }: LeaseKeyHolders): string {
  if (devices === 0) return 'No device is there that has to learn the next key.';
  const left = devices - have;
  if (left === 0)
    return devices === 1 ? 'The one device has the next key.' : `All ${devices} devices have the next key.`;
  const merelySeen = seenWithout - connectedWithout;
  const seen = [
    ...(seenWithout === 0 ? ['not seen since the rotation began'] : []),
    ...(connectedWithout === 0
      ? []
      : [
          `${connectedWithout} connected since it began: too old a Postern for it, or a helper that cannot write`,
        ]),
    ...(merelySeen === 0
      ? []
      : [
          `${merelySeen} seen since it began, without a connection: the app was closed too soon, its Postern is too old for it, or its helper was not there`,
        ]),
  ].join('; ');
  const counted = `${have} of ${devices} ${devices === 1 ? 'device has' : 'devices have'} the next key`;
  return `${counted}; ${left} ${left === 1 ? 'does' : 'do'} not (${seen}).`;
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
