import * as z from 'zod';
import { runIp } from '../src-node/wireguard/network-interface.ts';
import { prefixOf } from './family.ts';

const listed = z.array(
  z.object({
    ifname: z.string(),
    flags: z.array(z.string()),
    addr_info: z.array(z.object({ local: z.string().optional(), prefixlen: z.number().optional() })),
  }),
);

export interface Link {
  name: string;
  /** It is up, and something is at its other end. */
  isUp: boolean;
  /** CIDR, as the kernel writes them. */
  addresses: string[];
}

/** Every interface of this host. Rejects with what `ip` says. */
export async function listLinks(): Promise<Link[]> {
  const result = await runIp(['-j', 'address', 'show']);
  if (!result.ok) throw new Error(`the interfaces cannot be read: ${result.message}`);
  return listed.parse(JSON.parse(result.stdout)).map(({ ifname, flags, addr_info }) => ({
    name: ifname,
    isUp: flags.includes('UP') && !flags.includes('NO-CARRIER'),
    addresses: addr_info.flatMap(({ local, prefixlen }) =>
      local === undefined ? [] : [`${local}/${prefixlen}`],
    ),
  }));
}

/** Whether the interface has this address with this length of network. */
export function hasAddress(link: Link, cidr: string): boolean {
  const { address, length } = prefixOf(cidr);
  return link.addresses.includes(`${address}/${length}`);
}
