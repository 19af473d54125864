import type { NetworkInterfaceInfo } from 'node:os';

const CHECK_INTERVAL_MS = 4_000;
/** Our own tunnel, and other people's: they follow the network, they are not it. */
const TUNNEL = /^(postern|wg|utun|tun|tap|ppp)/i;

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

export interface NetworkWatchOptions {
  isOnline: () => boolean;
  interfaces: () => Interfaces;
  /** The addresses of this computer changed, or it came online. */
  onNetworkChanged: () => void;
  onOnline: (isOnline: boolean) => void;
}

/** The addresses by which this computer is reached, as one comparable line. */
export function networkFingerprint(interfaces: Interfaces): string {
  return Object.entries(interfaces)
    .filter(([name]) => !TUNNEL.test(name))
    .flatMap(([name, addresses]) =>
      (addresses ?? [])
        // Link-local and temporary IPv6 addresses come and go without the network changing.
        .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
        .map(({ family, address, cidr }) => `${name} ${family === 'IPv4' ? address : prefixOf(cidr)}`),
    )
    .toSorted()
    .join('\n');
}

/** First 64 bits of an IPv6 network, without expanding: enough to tell one network from another. */
function prefixOf(cidr: string | null): string {
  return (cidr ?? '').split('/')[0]?.split(':').slice(0, 4).join(':') ?? '';
}

/** Looks every few seconds; Electron's main process has no event for it. The timer keeps nothing alive. */
export function watchNetwork(options: NetworkWatchOptions): { stop(): void } {
  let isOnline = options.isOnline();
  let fingerprint = networkFingerprint(options.interfaces());
  const timer = setInterval(() => {
    const wasOnline = isOnline;
    const before = fingerprint;
    isOnline = options.isOnline();
    fingerprint = networkFingerprint(options.interfaces());
    if (isOnline !== wasOnline) options.onOnline(isOnline);
    if (fingerprint !== before || (isOnline && !wasOnline)) options.onNetworkChanged();
  }, CHECK_INTERVAL_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
