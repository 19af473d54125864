import type { NetworkInterfaceInfo } from 'node:os';
import ipaddr from 'ipaddr.js';

const CHECK_INTERVAL_MS = 500;
/** Other people's tunnels (not ppp, which is also how a modem or a line is the network itself) follow the network, and bridges for containers and virtual machines hang on it: none is it. */
const FOLLOWER = /^(postern|wg|utun|tun|tap|docker|podman|cni|br-|virbr|veth|lxc|lxd|vmnet)/i;

/** Whether an interface of this name is never the network itself. */
export const isFollower = (name: string): boolean => FOLLOWER.test(name);

export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

export interface NetworkWatchOptions {
  interfaces: () => Interfaces;
  /** CIDR: those of the lease in force. Our own interface may have any name, and keeps its address afterwards. */
  ownAddresses: () => readonly string[];
  /** The addresses by which this computer is reached are others now. */
  onChanged: () => void;
}

/** The addresses by which this computer is reached, as one comparable line, without the interfaces in `except`. */
export function networkFingerprint(interfaces: Interfaces, except: ReadonlySet<string> = new Set()): string {
  const lines = Object.entries(interfaces)
    .filter(([name]) => !isFollower(name) && !except.has(name))
    .flatMap(([name, addresses]) =>
      (addresses ?? [])
        // Link-local and temporary IPv6 addresses come and go without the network changing.
        .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
        .map(({ family, address }) => `${name} ${family === 'IPv4' ? address : prefixOf(address)}`),
    );
  // Temporary addresses share their prefix with the one that stays.
  return [...new Set(lines)].toSorted().join('\n');
}

/** The first 64 bits of an IPv6 address. */
function prefixOf(address: string): string {
  return ipaddr.parse(address).toNormalizedString().split(':').slice(0, 4).join(':');
}

/** Looks twice a second: neither Node nor Electron has an event for it. The timer keeps nothing alive. */
export function watchNetwork({ interfaces, ownAddresses, onChanged }: NetworkWatchOptions): { stop(): void } {
  /** By name: what an interface had before it became ours is no news either. */
  const ours = new Set<string>();
  let before = interfaces();
  const timer = setInterval(() => {
    const now = interfaces();
    const own = new Set(ownAddresses().map((cidr) => cidr.split('/')[0]));
    for (const [name, addresses] of Object.entries(now))
      if (addresses?.some(({ address }) => own.has(address))) ours.add(name);
    const hasChanged = networkFingerprint(before, ours) !== networkFingerprint(now, ours);
    before = now;
    if (hasChanged) onChanged();
  }, CHECK_INTERVAL_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
