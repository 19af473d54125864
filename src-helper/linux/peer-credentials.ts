import type { Socket } from 'node:net';
import type { Libc } from './libc.ts';

/** Who is at the other end of a unix socket, as the kernel recorded it when the connection was made. */
export interface PeerCredentials {
  pid: number;
  uid: number;
  gid: number;
  /** Supplementary groups. */
  groups: number[];
}

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SO_PEERGROUPS = 59;
/** The kernel's limit on supplementary groups (NGROUPS_MAX). */
const MAX_GROUPS = 65_536;

/** Node keeps the descriptor of a socket on its internal handle and offers no other way to it. */
function descriptorOf(socket: Socket): number | null {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return null;
  const fd: unknown = Reflect.get(handle, 'fd');
  return typeof fd === 'number' && fd >= 0 ? fd : null;
}

/**
 * Asks the kernel for the caller's identity (`SO_PEERCRED`, `SO_PEERGROUPS`, socket(7)); null when it does not say.
 * Ids are as this process's user namespace sees them.
 */
export function peerCredentials(libc: Libc, socket: Socket): PeerCredentials | null {
  const fd = descriptorOf(socket);
  if (fd === null) return null;
  const credentials = Buffer.alloc(12);
  if (libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, [12]) !== 0) return null;
  const groupList = Buffer.alloc(4 * MAX_GROUPS);
  const groupBytes: [number] = [groupList.length];
  if (libc.getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groupList, groupBytes) !== 0) return null;
  return {
    pid: credentials.readInt32LE(0),
    uid: credentials.readUInt32LE(4),
    gid: credentials.readUInt32LE(8),
    groups: Array.from({ length: groupBytes[0] / 4 }, (_, index) => groupList.readUInt32LE(4 * index)),
  };
}

/** Who may use the helper: root, the uids listed, and the members of the group when there is one. */
export interface CallerRule {
  uids: readonly number[];
  gid: number | null;
}

export function isAllowedCaller(caller: PeerCredentials, rule: CallerRule): boolean {
  if (caller.uid === 0 || rule.uids.includes(caller.uid)) return true;
  return rule.gid !== null && (caller.gid === rule.gid || caller.groups.includes(rule.gid));
}
