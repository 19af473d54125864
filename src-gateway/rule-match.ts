import { BlockList } from 'node:net';
import * as z from 'zod';
import { type Family, familyOf, prefixOf } from './family.ts';
import type { Statement } from './ruleset.ts';

/** What is known of a packet that this host is to forward: the first one of a TCP connection, or an answer to it. */
export interface Packet {
  family: Family;
  isAnswer: boolean;
  interfaceName: string;
  /** Null: where it comes from or goes to is for the routes to say. */
  iifname: string | null;
  oifname: string | null;
  /** CIDR, of which it is one; null: any. */
  saddr: string | null;
  daddr: string | null;
}

/** Whether something is so for every packet like this one, for none, or for some. */
export type Certainty = 'yes' | 'no' | 'maybe';

/** Made by container programs for themselves: what members send leaves by none of these. */
const CONTAINER_BRIDGE = /^(docker\d+|br-([0-9a-f]{12}|\*)|virbr\d+|podman\d+|cni\d+|lxcbr\d+|lxdbr\d+)$/;
/** Statements that decide nothing and stop nobody. */
const HARMLESS = ['counter', 'log', 'mangle', 'set', 'notrack', 'ct helper', 'ct timeout', 'flow'];
/** Of iptables, in tables that it made for nft: matches that only packets of other protocols fit. */
const OTHER_PROTOCOLS = ['icmp', 'icmp6', 'udp', 'sctp', 'dccp', 'esp', 'ah'];

const match = z.object({ op: z.string(), left: z.unknown(), right: z.unknown() });
const left = z.union([
  z.object({ meta: z.object({ key: z.string() }) }),
  z.object({ ct: z.object({ key: z.string() }) }),
  z.object({ payload: z.object({ protocol: z.string(), field: z.string() }) }),
]);
const xt = z.object({ type: z.string(), name: z.string() });

/** Whether every match of a rule fits. What is not understood fits some packets. */
export function fits(rule: readonly Statement[], packet: Packet): Certainty {
  const namesUs = JSON.stringify(rule).includes(JSON.stringify(packet.interfaceName));
  return all(
    rule.flatMap((part) => Object.entries(part).map(([kind, of]) => fitsPart(kind, of, packet, namesUs))),
  );
}

function fitsPart(kind: string, of: unknown, packet: Packet, namesUs: boolean): Certainty {
  if (kind === 'match') {
    const parsed = match.safeParse(of);
    return parsed.success ? compare(parsed.data.op, parsed.data.left, parsed.data.right, packet) : 'maybe';
  }
  if (kind === 'xt') return fitsExtension(of, packet, namesUs);
  return HARMLESS.includes(kind) || isVerdict(kind) ? 'yes' : 'maybe';
}

export function isVerdict(kind: string): boolean {
  return ['accept', 'drop', 'reject', 'return', 'jump', 'goto', 'queue', 'continue', 'vmap'].includes(kind);
}

/** `nft` names an extension of iptables, and not what is asked of it. */
function fitsExtension(of: unknown, { isAnswer }: Packet, namesUs: boolean): Certainty {
  const parsed = xt.safeParse(of);
  if (!parsed.success) return 'maybe';
  const { type, name } = parsed.data;
  if (type === 'target' || name === 'comment') return 'yes';
  if (OTHER_PROTOCOLS.includes(name)) return 'no';
  // Nearly always RELATED,ESTABLISHED. Who wrote a rule for our interface may have meant NEW.
  if (['conntrack', 'state'].includes(name) && !namesUs) return isAnswer ? 'maybe' : 'no';
  return 'maybe';
}

/** Whether `left op right` holds, of a match or of an element of a verdict map. */
export function compare(op: string, leftSide: unknown, right: unknown, packet: Packet): Certainty {
  const parsed = left.safeParse(leftSide);
  if (!parsed.success) return 'maybe';
  if ('payload' in parsed.data) {
    const { protocol } = parsed.data.payload;
    // What another protocol has, no packet of this one has, whatever is asked of it.
    if (protocol === (packet.family === 'ipv4' ? 'ip6' : 'ip')) return 'no';
    if (OTHER_PROTOCOLS.includes(protocol === 'icmpv6' ? 'icmp6' : protocol)) return 'no';
  }
  const found = elementsOf(right);
  if (found === null) return 'maybe';
  const isOne = any(found.map((element) => isElement(parsed.data, element, packet)));
  if (op === '==' || op === 'in') return isOne;
  return op === '!=' ? not(isOne) : 'maybe';
}

function isElement(side: z.infer<typeof left>, element: unknown, packet: Packet): Certainty {
  if ('payload' in side) {
    const { field } = side.payload;
    if (field === 'saddr' || field === 'daddr') return isIn(packet[field], element);
    return field === 'protocol' || field === 'nexthdr' ? is(element === 'tcp' || element === 6) : 'maybe';
  }
  if ('ct' in side) {
    const { key } = side.ct;
    if (key === 'state') return is(element === (packet.isAnswer ? 'established' : 'new'));
    if (key === 'direction') return is(element === (packet.isAnswer ? 'reply' : 'original'));
    return key === 'status' && element === 'dnat' ? 'no' : 'maybe';
  }
  switch (side.meta.key) {
    case 'iif':
    case 'iifname':
      return isNamed(packet.iifname, element, packet.interfaceName);
    case 'oif':
    case 'oifname':
      return isNamed(packet.oifname, element, packet.interfaceName);
    case 'nfproto':
      return is(element === packet.family);
    case 'protocol':
      return is(element === (packet.family === 'ipv4' ? 'ip' : 'ip6'));
    case 'l4proto':
      return is(element === 'tcp' || element === 6);
    default:
      return 'maybe';
  }
}

function isNamed(name: string | null, element: unknown, tunnel: string): Certainty {
  if (typeof element !== 'string') return 'maybe';
  if (name === null) return element === tunnel || CONTAINER_BRIDGE.test(element) ? 'no' : 'maybe';
  return is(element.endsWith('*') ? name.startsWith(element.slice(0, -1)) : name === element);
}

const prefix = z.object({ prefix: z.object({ addr: z.string(), len: z.number() }) });

function isIn(network: string | null, element: unknown): Certainty {
  const parsed = prefix.safeParse(element);
  const text = parsed.success ? `${parsed.data.prefix.addr}/${parsed.data.prefix.len}` : element;
  if (network === null || typeof text !== 'string' || !/^[\d.]+(\/\d+)?$|:/.test(text)) return 'maybe';
  if (familyOf(network) !== familyOf(text)) return 'no';
  const [ours, theirs] = [prefixOf(network), prefixOf(text)];
  const [wide, narrow] = theirs.length <= ours.length ? [theirs, ours] : [ours, theirs];
  const list = new BlockList();
  list.addSubnet(wide.address, wide.length, familyOf(network));
  if (!list.check(narrow.address, familyOf(network))) return 'no';
  return wide === theirs ? 'yes' : 'maybe';
}

const set = z.object({ set: z.array(z.unknown()) });
const element = z.object({ elem: z.object({ val: z.unknown() }) });

/** What the right side of a match lists; null: a set by name, whose content is not looked at. */
function elementsOf(right: unknown): unknown[] | null {
  const parsed = set.safeParse(right);
  const list = parsed.success ? parsed.data.set : Array.isArray(right) ? right : [right];
  if (list.some((one) => typeof one === 'string' && one.startsWith('@'))) return null;
  return list.map((one) => element.safeParse(one).data?.elem.val ?? one);
}

const is = (holds: boolean): Certainty => (holds ? 'yes' : 'no');
const not = (one: Certainty): Certainty => (one === 'maybe' ? one : is(one === 'no'));
const all = (list: Certainty[]): Certainty =>
  list.includes('no') ? 'no' : list.includes('maybe') ? 'maybe' : 'yes';
const any = (list: Certainty[]): Certainty =>
  list.includes('yes') ? 'yes' : list.includes('maybe') ? 'maybe' : 'no';
