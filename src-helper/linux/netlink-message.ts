import ipaddr from 'ipaddr.js';

/** Messages of rtnetlink(7), as bytes. Numbers are in the byte order of the machine (little endian everywhere we run). */

const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_DUMP = 0x300;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;

const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;
const RTM_NEWRULE = 32;
const RTM_DELRULE = 33;
const RTM_GETRULE = 34;

export const AF_INET = 2;
export const AF_INET6 = 10;
export type Family = typeof AF_INET | typeof AF_INET6;

const IFF_UP = 1;
export const RT_TABLE_MAIN = 254;
const RTPROT_STATIC = 4;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RT_SCOPE_NOWHERE = 255;
const RTN_UNICAST = 1;
const RTN_UNREACHABLE = 7;
/** Who set a rule: no daemon has this number (rtnetlink.h), so what carries it is ours to remove. */
const OUR_PROTOCOL = 0x70;
const FR_ACT_TO_TBL = 1;
const FR_ACT_GOTO = 2;
const IPPROTO_TCP = 6;
const FIB_RULE_INVERT = 2;
/** No duplicate address detection (a tunnel has no neighbours), no route that outlives the peer. */
const IFA_F_NODAD = 0x02;
const IFA_F_NOPREFIXROUTE = 0x200;

/** A network or an address with its prefix length, e.g. `10.8.0.0/24`. Routes have their host bits cleared. */
export interface Network {
  family: Family;
  bytes: Buffer;
  prefixLength: number;
}

/** Parses CIDR that a schema has checked; with `masked` the host bits are cleared. Throws on anything else. */
export function parseNetwork(cidr: string, masked: boolean): Network {
  const [address, prefixLength] = ipaddr.parseCIDR(cidr);
  const bytes = Buffer.from(address.toByteArray());
  if (masked) {
    for (let bit = prefixLength; bit < bytes.length * 8; bit++) {
      const index = bit >> 3;
      bytes[index] = (bytes[index] ?? 0) & ~(0x80 >> (bit & 7));
    }
  }
  return { family: address.kind() === 'ipv4' ? AF_INET : AF_INET6, bytes, prefixLength };
}

/** A single address as a network of full length. */
export function parseAddress(address: string): Network {
  return parseNetwork(`${address}/${address.includes(':') ? 128 : 32}`, false);
}

export interface Route {
  destination: Network;
  /** Index of an interface; `unreachable`: the lookup fails at once. */
  via: number | 'unreachable';
  table: number;
  /** Next router, as bytes; absent where the destination is on the link itself. */
  gateway?: Buffer;
}

export interface Rule {
  family: Family;
  priority: number;
  /** Where to look, or which rule (by priority, a higher one) to go on with. */
  action: { table: number } | { goto: number };
  /** The rule holds for packets that do not carry this mark. */
  invertMark?: number;
  /** A route found by this rule with a prefix this long or shorter does not count. */
  suppressPrefixLength?: number;
  /** The rule holds for packets to there. */
  to?: Network;
  /** The rule holds for TCP to this port. */
  tcpPort?: number;
}

export interface ListedRule {
  family: Family;
  priority: number;
}

/** One request without its sequence number; `netlink-socket.ts` numbers and sends it. */
export interface Request {
  type: number;
  flags: number;
  body: Buffer;
}

function attribute(type: number, value: Buffer): Buffer {
  const padded = Buffer.alloc((4 + value.length + 3) & ~3);
  padded.writeUInt16LE(4 + value.length, 0);
  padded.writeUInt16LE(type, 2);
  value.copy(padded, 4);
  return padded;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

const create = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
const remove = NLM_F_REQUEST | NLM_F_ACK;

/** struct ifinfomsg + IFLA_MTU. */
export function setLink(interfaceIndex: number, mtu: number): Request {
  const header = Buffer.alloc(16);
  header.writeInt32LE(interfaceIndex, 4);
  header.writeUInt32LE(IFF_UP, 8);
  header.writeUInt32LE(IFF_UP, 12);
  return { type: RTM_NEWLINK, flags: remove, body: Buffer.concat([header, attribute(4, u32(mtu))]) };
}

function addressBody(interfaceIndex: number, { family, bytes, prefixLength }: Network): Buffer {
  const flags = IFA_F_NOPREFIXROUTE | (family === AF_INET6 ? IFA_F_NODAD : 0);
  const header = Buffer.from([family, prefixLength, flags & 0xff, RT_SCOPE_UNIVERSE, 0, 0, 0, 0]);
  header.writeUInt32LE(interfaceIndex, 4);
  return Buffer.concat([header, attribute(2, bytes), attribute(1, bytes), attribute(8, u32(flags))]);
}

/** struct ifaddrmsg + IFA_LOCAL, IFA_ADDRESS, IFA_FLAGS. */
export function addAddress(interfaceIndex: number, address: Network): Request {
  return { type: RTM_NEWADDR, flags: create, body: addressBody(interfaceIndex, address) };
}

export function removeAddress(interfaceIndex: number, address: Network): Request {
  return { type: RTM_DELADDR, flags: remove, body: addressBody(interfaceIndex, address) };
}

/** struct rtmsg + RTA_DST, RTA_OIF, RTA_TABLE. Fails with EEXIST rather than replace another's route. */
export function addRoute(route: Route): Request {
  const isLink = typeof route.via === 'number' && route.destination.family === AF_INET;
  return {
    type: RTM_NEWROUTE,
    flags: create,
    body: routeBody(route, isLink ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE),
  };
}

export function removeRoute(route: Route): Request {
  return { type: RTM_DELROUTE, flags: remove, body: routeBody(route, RT_SCOPE_NOWHERE) };
}

function routeBody({ destination, via, table }: Route, scope: number): Buffer {
  const { family, prefixLength, bytes } = destination;
  const header = Buffer.alloc(12);
  header.set([family, prefixLength, 0, 0, 0, RTPROT_STATIC, scope]);
  header[7] = via === 'unreachable' ? RTN_UNREACHABLE : RTN_UNICAST;
  const attributes = [attribute(1, bytes), attribute(15, u32(table))];
  if (typeof via === 'number') attributes.push(attribute(4, u32(via)));
  return Buffer.concat([header, ...attributes]);
}

/** Asks for every route of a family; the answers are for `parseListedRoute`. */
export function listRoutes(family: Family): Request {
  const body = Buffer.alloc(12);
  body[0] = family;
  return { type: RTM_GETROUTE, flags: NLM_F_REQUEST | NLM_F_DUMP, body };
}

/** One answer to `listRoutes`; null for kinds that we never set, and for routes over several interfaces. */
export function parseListedRoute(payload: Buffer): Route | null {
  const [family = 0, prefixLength = 0, , , , , , type] = payload;
  const values = attributesOf(payload, 12);
  const table = values.get(15)?.readUInt32LE(0) ?? payload[4] ?? 0;
  // For IPv6 the kernel names the loopback interface as the way of what is unreachable.
  const via = type === RTN_UNREACHABLE ? 'unreachable' : values.get(4)?.readInt32LE(0);
  if (type !== RTN_UNREACHABLE && type !== RTN_UNICAST) return null;
  if (via === undefined) return null;
  if (family !== AF_INET && family !== AF_INET6) return null;
  const bytes = Buffer.alloc(family === AF_INET ? 4 : 16);
  values.get(1)?.copy(bytes);
  const gateway = values.get(5) ?? values.get(18);
  return {
    destination: { family, bytes, prefixLength },
    via,
    table,
    ...(gateway === undefined ? {} : { gateway: Buffer.from(gateway) }),
  };
}

/** What follows the header (a struct rtmsg and a fib_rule_hdr have 12 bytes, an ifinfomsg 16), by type. */
function attributesOf(payload: Buffer, headerBytes: number): Map<number, Buffer> {
  const values = new Map<number, Buffer>();
  for (let at = headerBytes; at + 4 <= payload.length; ) {
    const length = payload.readUInt16LE(at);
    if (length < 4 || at + length > payload.length) break;
    values.set(payload.readUInt16LE(at + 2), payload.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return values;
}

export interface Link {
  index: number;
  /** The bridge that it is a port of. */
  bridge: number | null;
  /** What the kernel made it of, e.g. `bridge`, `veth`; null for hardware. */
  kind: string | null;
}

/** Asks for every interface; the answers are for `parseListedLink`. */
export function listLinks(): Request {
  return { type: RTM_GETLINK, flags: NLM_F_REQUEST | NLM_F_DUMP, body: Buffer.alloc(16) };
}

/** One answer to `listLinks`: IFLA_MASTER, and IFLA_INFO_KIND in IFLA_LINKINFO. */
export function parseListedLink(payload: Buffer): Link {
  const values = attributesOf(payload, 16);
  const kind = attributesOf(values.get(18) ?? Buffer.alloc(0), 0).get(1);
  return {
    index: payload.readInt32LE(4),
    bridge: values.get(10)?.readInt32LE(0) ?? null,
    kind: kind?.toString('latin1').replace(/\0.*$/, '') ?? null,
  };
}

function ruleBody({ family, priority, action, invertMark, suppressPrefixLength, to, tcpPort }: Rule): Buffer {
  const header = Buffer.alloc(12);
  header[0] = family;
  header[1] = to?.prefixLength ?? 0;
  header[7] = 'goto' in action ? FR_ACT_GOTO : FR_ACT_TO_TBL;
  if ('table' in action && action.table < 256) header[4] = action.table;
  if (invertMark !== undefined) header.writeUInt32LE(FIB_RULE_INVERT, 8);
  const attributes = [attribute(6, u32(priority)), attribute(21, Buffer.from([OUR_PROTOCOL]))];
  attributes.push('goto' in action ? attribute(4, u32(action.goto)) : attribute(15, u32(action.table)));
  if (invertMark !== undefined)
    attributes.push(attribute(10, u32(invertMark)), attribute(16, u32(0xffff_ffff)));
  if (suppressPrefixLength !== undefined) attributes.push(attribute(14, u32(suppressPrefixLength)));
  if (to !== undefined) attributes.push(attribute(1, to.bytes));
  if (tcpPort !== undefined) {
    const range = Buffer.alloc(4);
    range.writeUInt16LE(tcpPort, 0);
    range.writeUInt16LE(tcpPort, 2);
    attributes.push(attribute(22, Buffer.from([IPPROTO_TCP])), attribute(24, range));
  }
  return Buffer.concat([header, ...attributes]);
}

/**
 * struct fib_rule_hdr + FRA_PRIORITY, FRA_PROTOCOL, FRA_TABLE or FRA_GOTO, FRA_FWMARK, FRA_FWMASK,
 * FRA_SUPPRESS_PREFIXLEN, FRA_DST, FRA_IP_PROTO, FRA_DPORT_RANGE (protocol, IP_PROTO and DPORT from Linux 4.17 on).
 */
export function addRule(rule: Rule): Request {
  return { type: RTM_NEWRULE, flags: create, body: ruleBody(rule) };
}

export function removeRule(rule: Rule): Request {
  return { type: RTM_DELRULE, flags: remove, body: ruleBody(rule) };
}

/** Asks for every rule of a family; the answers are for `parseListedRule`. */
export function listRules(family: Family): Request {
  const body = Buffer.alloc(12);
  body[0] = family;
  return { type: RTM_GETRULE, flags: NLM_F_REQUEST | NLM_F_DUMP, body };
}

/** One answer to `listRules`; null for a rule that is not ours. */
export function parseListedRule(payload: Buffer): ListedRule | null {
  const [family] = payload;
  const values = attributesOf(payload, 12);
  if (values.get(21)?.[0] !== OUR_PROTOCOL || (family !== AF_INET && family !== AF_INET6)) return null;
  return { family, priority: values.get(6)?.readUInt32LE(0) ?? 0 };
}

/** Removes one rule of ours with this priority, whatever it says. */
export function removeListedRule({ family, priority }: ListedRule): Request {
  const header = Buffer.alloc(12);
  header[0] = family;
  const attributes = [attribute(6, u32(priority)), attribute(21, Buffer.from([OUR_PROTOCOL]))];
  return { type: RTM_DELRULE, flags: remove, body: Buffer.concat([header, ...attributes]) };
}
