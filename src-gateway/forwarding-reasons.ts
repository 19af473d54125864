import * as z from 'zod';
import { runIp } from '../src-node/wireguard/network-interface.ts';

const links = z.array(
  z.looseObject({
    ifname: z.string(),
    linkinfo: z.looseObject({ info_kind: z.string() }).partial().optional(),
  }),
);

/** Bridges (containers, virtual machines) and other tunnels: a host that has them passes packets on for them, too. */
const KINDS: ReadonlySet<string> = new Set([
  'bridge',
  'wireguard',
  'tun',
  'gre',
  'ipip',
  'sit',
  'vxlan',
  'macvlan',
  'ipvlan',
]);

/** Names of the host's links, beside our own, for whose sake it may have to forward. Throws what `ip` says. */
export async function forwardingReasons(interfaceName: string): Promise<string[]> {
  const listed = await runIp(['-j', '-d', 'link', 'show']);
  if (!listed.ok) throw new Error(listed.message);
  return forwardingReasonsIn(listed.stdout, interfaceName);
}

/** The same of what `ip -j -d link show` prints. */
export function forwardingReasonsIn(json: string, interfaceName: string): string[] {
  return links
    .parse(JSON.parse(json))
    .filter(({ ifname, linkinfo }) => ifname !== interfaceName && KINDS.has(linkinfo?.info_kind ?? ''))
    .map(({ ifname }) => ifname);
}
