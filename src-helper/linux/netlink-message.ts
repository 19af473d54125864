import ipaddr from 'ipaddr.js';

/** Messages of rtnetlink(7), as bytes. Numbers are in the byte order of the machine (little endian everywhere we run). */

const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
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

export const AF_INET = 2;
export const AF_INET6 = 10;
export type Family = typeof AF_INET | typeof AF_INET6;

const IFF_UP = 1;
const RT_TABLE_MAIN = 254;
const RTPROT_STATIC = 4;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RT_SCOPE_NOWHERE = 255;
const RTN_UNICAST = 1;
const FR_ACT_TO_TBL = 1;
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
  interfaceIndex: number;
  /** Next hop; absent: the destination is on the link. */
  gateway?: Buffer;
  table?: number;
}

/** `invertMark`: the rule holds for packets that do not carry this mark. */
export interface Rule {
  family: Family;
  priority: number;
  table: number;
  invertMark?: number;
  /** A route found by this rule with a prefix this long or shorter does not count. */
  suppressPrefixLength?: number;
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

function routeHeader(family: Family, prefixLength: number, scope: number): Buffer {
  const header = Buffer.alloc(12);
  header.set([family, prefixLength, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, scope, RTN_UNICAST]);
  return header;
}

function routeBody(
  { destination, interfaceIndex, gateway, table = RT_TABLE_MAIN }: Route,
  scope: number,
): Buffer {
  const header = routeHeader(destination.family, destination.prefixLength, scope);
  if (table !== RT_TABLE_MAIN) header[4] = 0;
  const attributes = [attribute(1, destination.bytes), attribute(4, u32(interfaceIndex))];
  if (gateway) attributes.push(attribute(5, gateway));
  attributes.push(attribute(15, u32(table)));
  return Buffer.concat([header, ...attributes]);
}

/** struct rtmsg + RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_TABLE. Fails with EEXIST rather than replace another's route. */
export function addRoute(route: Route): Request {
  const isLink = !route.gateway && route.destination.family === AF_INET;
  return {
    type: RTM_NEWROUTE,
    flags: create,
    body: routeBody(route, isLink ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE),
  };
}

export function removeRoute(route: Route): Request {
  return { type: RTM_DELROUTE, flags: remove, body: routeBody(route, RT_SCOPE_NOWHERE) };
}

/** Asks which way a packet to this address goes now; the answer is an RTM_NEWROUTE (`parseRoute`). */
export function lookUpRoute(destination: Network): Request {
  const body = Buffer.concat([
    routeHeader(destination.family, destination.prefixLength, 0).fill(0, 2),
    attribute(1, destination.bytes),
  ]);
  return { type: RTM_GETROUTE, flags: NLM_F_REQUEST, body };
}

/** The out interface and next hop of an RTM_NEWROUTE payload. */
export function parseRoute(payload: Buffer): { interfaceIndex: number | null; gateway: Buffer | null } {
  let interfaceIndex: number | null = null;
  let gateway: Buffer | null = null;
  for (let at = 12; at + 4 <= payload.length; ) {
    const length = payload.readUInt16LE(at);
    if (length < 4 || at + length > payload.length) break;
    const value = payload.subarray(at + 4, at + length);
    const type = payload.readUInt16LE(at + 2);
    if (type === 4 && value.length === 4) interfaceIndex = value.readInt32LE(0);
    if (type === 5) gateway = Buffer.from(value);
    at += (length + 3) & ~3;
  }
  return { interfaceIndex, gateway };
}

function ruleBody({ family, priority, table, invertMark, suppressPrefixLength }: Rule): Buffer {
  const header = Buffer.alloc(12);
  header.set([family, 0, 0, 0, table < 256 ? table : 0, 0, 0, FR_ACT_TO_TBL]);
  if (invertMark !== undefined) header.writeUInt32LE(FIB_RULE_INVERT, 8);
  const attributes = [attribute(6, u32(priority)), attribute(15, u32(table))];
  if (invertMark !== undefined)
    attributes.push(attribute(10, u32(invertMark)), attribute(16, u32(0xffff_ffff)));
  if (suppressPrefixLength !== undefined) attributes.push(attribute(14, u32(suppressPrefixLength)));
  return Buffer.concat([header, ...attributes]);
}

/** struct fib_rule_hdr + FRA_PRIORITY, FRA_TABLE, FRA_FWMARK, FRA_FWMASK, FRA_SUPPRESS_PREFIXLEN. */
export function addRule(rule: Rule): Request {
  return { type: RTM_NEWRULE, flags: create, body: ruleBody(rule) };
}

export function removeRule(rule: Rule): Request {
  return { type: RTM_DELRULE, flags: remove, body: ruleBody(rule) };
}
