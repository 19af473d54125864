import { BlockList, isIP } from 'node:net';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The web proxy that the environment sets for an HTTPS address, as `http://host:port` without name and password; null
 * where there is none, none that can be read, or `NO_PROXY` exempts the host. Names and meaning are those of curl(1).
 */
export function webProxyFor(serverUrl: string, env: Env): string | null {
  const set = env.https_proxy || env.HTTPS_PROXY || env.all_proxy || env.ALL_PROXY;
  if (!set || isExempt(new URL(serverUrl), env.no_proxy || env.NO_PROXY || '')) return null;
  const url = URL.parse(set.includes('://') ? set : `http://${set}`);
  return url?.host ? `${url.protocol}//${url.host}` : null;
}

/** `NO_PROXY`: names with what is below them, addresses, networks in CIDR, each perhaps with a port; or `*`. */
function isExempt(server: URL, list: string): boolean {
  const host = bare(server.hostname);
  const port = server.port || '443';
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = entry, onlyPort] = /^(.*[^:]|\[.*\]):(\d+)$/.exec(entry) ?? [];
      // The last group of an IPv6 address is no port.
      const isWhole = isIP(entry) !== 0 || onlyPort === undefined;
      if (!isWhole && onlyPort !== port) return false;
      return names(bare(isWhole ? entry : name), host);
    });
}

function names(entry: string, host: string): boolean {
  if (isIP(host) === 0) {
    const domain = entry.replace(/^\*?\./, '');
    return host === domain || host.endsWith(`.${domain}`);
  }
  const family = isIP(host) === 4 ? 'ipv4' : 'ipv6';
  const [address = '', bits] = entry.split('/');
  if (isIP(address) !== isIP(host)) return false;
  const network = new BlockList();
  const length = bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits);
  if (!Number.isInteger(length) || length < 0 || length > (family === 'ipv4' ? 32 : 128)) return false;
  network.addSubnet(address, length, family);
  return network.check(host, family);
}

/** Without the brackets of IPv6 and the dot at the end of a full name. */
const bare = (host: string) => host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
