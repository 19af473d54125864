import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { runIp } from '../src-node/wireguard/network-interface.ts';

export interface Route {
  interfaceName: string;
  egressInterface: string;
  /** The gateway's own IPv4 address in the tunnel, CIDR. */
  address: string;
  /** IPv4, CIDR: where members may go. */
  networks: readonly string[];
}

const STRICT = 1;
/** Of these the kernel has every one by itself. */
const DEFAULT_RULES = [0, 32_766, 32_767];
/** Each costs two questions. */
const MAX_NETWORKS = 4;

const rules = z.array(z.object({ priority: z.number() }));
const found = z.array(z.object({ dev: z.string().optional() }));

/**
 * The networks whose answers the kernel throws away on the egress interface: it is strict about where packets come
 * from (`rp_filter`), and looks for the way there without the rule that leads members out by that interface.
 */
export async function droppedAnswers(route: Route): Promise<string[]> {
  const { interfaceName, egressInterface, address, networks } = route;
  if ((await strictnessOf(egressInterface)) !== STRICT) return [];
  const listed = await ask(['-4', '-j', 'rule', 'show'], rules);
  if (listed === null) throw new Error('the rules of its routes cannot be read');
  if (listed.every(({ priority }) => DEFAULT_RULES.includes(priority))) return [];
  const dropped: string[] = [];
  for (const network of networks.slice(0, MAX_NETWORKS)) {
    const host = hostOf(network);
    const out = await wayTo([host, 'from', neighbourOf(address), 'iif', interfaceName]);
    if (out === egressInterface && (await wayTo([host])) !== egressInterface) dropped.push(network);
  }
  return dropped;
}

/** The stricter word of two counts, where 2 is the looser kind. */
async function strictnessOf(interfaceName: string): Promise<number> {
  const words = await Promise.all(
    ['all', interfaceName].map((name) => readFile(`/proc/sys/net/ipv4/conf/${name}/rp_filter`, 'utf8')),
  );
  return Math.max(...words.map(Number));
}

/** The interface by which packets go there; undefined: there is no way. */
async function wayTo(question: string[]): Promise<string | undefined> {
  return (await ask(['-4', '-j', 'route', 'get', ...question], found))?.[0]?.dev;
}

async function ask<T>(args: string[], schema: z.ZodType<T>): Promise<T | null> {
  const result = await runIp(args);
  return result.ok ? schema.parse(JSON.parse(result.stdout)) : null;
}

/** An address of a network; of the whole world, one that nobody has. */
function hostOf(network: string): string {
  const [address = '', length] = network.split('/');
  if (Number(length) === 0) return '192.0.2.1';
  return Number(length) > 30 ? address : neighbourOf(network);
}

/** The next address, or the one before: another one of the same network in any case. */
function neighbourOf(cidr: string): string {
  const bytes = (cidr.split('/')[0] ?? '').split('.').map(Number);
  const last = bytes.pop() ?? 0;
  return [...bytes, last % 2 === 0 ? last + 1 : last < 254 ? last + 1 : last - 1].join('.');
}
