import { readFileSync } from 'node:fs';
import { errorCode } from '../control/network-problem.ts';
import { isFollower } from './network-watch.ts';

/** RTF_GATEWAY of `/proc/net/route`. */
const HAS_ROUTER = 2;
const NOBODY = '00:00:00:00:00:00';

/** Text of a file of the kernel; null where this system has none. */
export type ReadKernelFile = (path: string) => string | null;

export const readKernelFile: ReadKernelFile = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
};

/**
 * Names the network that a Linux computer is attached to by its router: IPv4 address and hardware address, the same each
 * time that it comes back. Null where there is no router, or it has not been spoken to.
 */
export function linuxAttachment(read: ReadKernelFile): string | null {
  const [, ...routes] = rows(read('/proc/net/route'));
  const [best] = routes
    .filter(([name = '', target, , flags, , , , mask]) => {
      const isDefault = target === '00000000' && mask === '00000000';
      return isDefault && (Number.parseInt(flags ?? '', 16) & HAS_ROUTER) !== 0 && !isFollower(name);
    })
    .toSorted((one, other) => Number(one[6]) - Number(other[6]));
  if (!best) return null;
  const [name, , router = ''] = best;
  const address = dotted(router);
  const neighbour = rows(read('/proc/net/arp')).find((row) => row[0] === address && row[5] === name);
  const hardware = neighbour?.[3] ?? NOBODY;
  return hardware === NOBODY ? null : `${address} ${hardware}`;
}

function rows(text: string | null): string[][] {
  return (text ?? '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/));
}

/** `0101A8C0` → `192.168.1.1`: the kernel prints the bytes as a number of this machine, and all that we run on are little-endian. */
function dotted(hex: string): string {
  return (hex.match(/../g) ?? [])
    .toReversed()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}
