import { readFileSync, realpathSync } from 'node:fs';

/** Where a system says how names are looked up. */
export interface NameFiles {
  resolvConf: string;
  nsswitch: string;
}

export const nameFiles: NameFiles = { resolvConf: '/etc/resolv.conf', nsswitch: '/etc/nsswitch.conf' };

const STUBS = ['/run/systemd/resolve/stub-resolv.conf', '/usr/lib/systemd/resolv.conf'];
const UPLINK = '/run/systemd/resolve/resolv.conf';
/** systemd-resolved.service(8): its stub, and the one without DNSSEC. */
const STUB_ADDRESS = /^\s*nameserver\s+127\.0\.0\.5[34]\b/m;

/**
 * Whether the programs of this computer ask systemd-resolved, which may run without anybody asking it. `stub`: each name
 * goes through it, so that it can split them; `uplink`: they ask the servers that it lists for all names.
 */
export function resolvedUse({ resolvConf, nsswitch }: NameFiles): 'stub' | 'uplink' | null {
  const real = attempt(() => realpathSync(resolvConf));
  if (real !== null && STUBS.includes(real)) return 'stub';
  if (STUB_ADDRESS.test(attempt(() => readFileSync(resolvConf, 'utf8')) ?? '')) return 'stub';
  if (real === UPLINK) return 'uplink';
  // glibc asks it by its own library, whatever the file says.
  const hosts = /^\s*hosts:(.*)$/m.exec(attempt(() => readFileSync(nsswitch, 'utf8')) ?? '')?.[1] ?? '';
  return hosts.split(/\s+/).includes('resolve') ? 'stub' : null;
}

/** A file that is not there says nothing. */
function attempt<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
