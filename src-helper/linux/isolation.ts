import { lstatSync, readFileSync, readlinkSync } from 'node:fs';

/** How far this process is set apart from the machine's first process, by namespaces. */
export interface Isolation {
  hasOwnNetwork: boolean;
  /** What resolvconf writes is not what the machine reads. */
  hasOwnResolvConf: boolean;
}

/**
 * Compares what we see with what process 1 sees. A service with few capabilities may not look; it runs where the
 * machine runs. Root of a user namespace may not look either, and the machine's resolver is not its to change.
 */
export function readIsolation(): Isolation {
  const isMachineRoot = /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
  const ownNetwork = readlinkSync('/proc/self/ns/net');
  const network = ifPermitted(() => readlinkSync('/proc/1/ns/net'));
  return {
    hasOwnNetwork: network === null ? !isMachineRoot : network !== ownNetwork,
    hasOwnResolvConf: ['/etc/resolv.conf', '/run'].every((path) => isOwnFile(path)),
  };
}

function isOwnFile(path: string): boolean {
  return ifPermitted(() => identityOf(`/proc/1/root${path}`) !== identityOf(path)) ?? false;
}

function identityOf(path: string): string | null {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.dev}:${stat.ino}` : null;
}

/** Null when the kernel does not let us look. */
function ifPermitted<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM'))
      return null;
    throw error;
  }
}
