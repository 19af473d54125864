import ipaddr from 'ipaddr.js';

/** Messages of rtnetlink(7), as bytes. Numbers are in the byte order of the machine (little endian everywhere we run). */

const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_DUMP = 0x300;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;

const RTM_NEWLINK = 16;
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
const ROUTE_TYPES = { unreachable: 7, throw: 9 };
/** Who set a rule: no daemon has this number (rtnetlink.h), so what carries it is ours to remove. */
const OUR_PROTOCOL = 0x70;
const FR_ACT_TO_TBL = 1;
const FR_ACT_UNREACHABLE = 7;
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
  /** Index of an interface; `throw`: the lookup goes on with the next rule; `unreachable`: it fails at once. */
  via: number | 'throw' | 'unreachable';
  table: number;
}

export interface Rule {
  family: Family;
  priority: number;
  /** Null: what comes this far has no way (`unreachable`). */
  table: number | null;
  /** The rule holds for packets that do not carry this mark. */
  invertMark?: number;
  /** A route found by this rule with a prefix this long or shorter does not count. */
  suppressPrefixLength?: number;
  /** The rule holds for TCP to this address and port alone. */
  tcpTo?: { address: Network; port: number };
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
  header[7] = typeof via === 'number' ? RTN_UNICAST : ROUTE_TYPES[via];
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
  const values = attributesOf(payload);
  const table = values.get(15)?.readUInt32LE(0) ?? payload[4] ?? 0;
  const kinds = ['unreachable', 'throw'] as const;
  // For IPv6 the kernel names the loopback interface as the way of these kinds.
  const via =
    type === RTN_UNICAST ? values.get(4)?.readInt32LE(0) : kinds.find((kind) => ROUTE_TYPES[kind] === type);
  if (via === undefined) return null;
  if (family !== AF_INET && family !== AF_INET6) return null;
  const bytes = Buffer.alloc(family === AF_INET ? 4 : 16);
  values.get(1)?.copy(bytes);
  return { destination: { family, bytes, prefixLength }, via, table };
}

/** What follows the 12 bytes of a struct rtmsg or fib_rule_hdr, by type. */
function attributesOf(payload: Buffer): Map<number, Buffer> {
  const values = new Map<number, Buffer>();
  for (let at = 12; at + 4 <= payload.length; ) {
    const length = payload.readUInt16LE(at);
    if (length < 4 || at + length > payload.length) break;
    values.set(payload.readUInt16LE(at + 2), payload.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return values;
}

function ruleBody(rule: Rule): Buffer {
  const { family, priority, table, invertMark, suppressPrefixLength, tcpTo } = rule;
  const header = Buffer.alloc(12);
  const destinationLength = tcpTo?.address.prefixLength ?? 0;
  const action = table === null ? FR_ACT_UNREACHABLE : FR_ACT_TO_TBL;
  header.set([family, destinationLength, 0, 0, table !== null && table < 256 ? table : 0, 0, 0, action]);
  if (invertMark !== undefined) header.writeUInt32LE(FIB_RULE_INVERT, 8);
  const attributes = [attribute(6, u32(priority)), attribute(21, Buffer.from([OUR_PROTOCOL]))];
  if (table !== null) attributes.push(attribute(15, u32(table)));
  if (invertMark !== undefined)
    attributes.push(attribute(10, u32(invertMark)), attribute(16, u32(0xffff_ffff)));
  if (suppressPrefixLength !== undefined) attributes.push(attribute(14, u32(suppressPrefixLength)));
  if (tcpTo !== undefined) {
    const range = Buffer.alloc(4);
    range.writeUInt16LE(tcpTo.port, 0);
    range.writeUInt16LE(tcpTo.port, 2);
    attributes.push(
      attribute(1, tcpTo.address.bytes),
      attribute(22, Buffer.from([IPPROTO_TCP])),
      attribute(24, range),
    );
  }
  return Buffer.concat([header, ...attributes]);
}

/**
 * struct fib_rule_hdr + FRA_PRIORITY, FRA_TABLE, FRA_PROTOCOL, FRA_FWMARK, FRA_FWMASK, FRA_SUPPRESS_PREFIXLEN,
 * FRA_DST, FRA_IP_PROTO, FRA_DPORT_RANGE (the last three from Linux 4.17 on).
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
  const values = attributesOf(payload);
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
