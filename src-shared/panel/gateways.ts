import * as z from 'zod';
import { hostTrouble } from '../gateway-channel.ts';
import { MAX_ALTERNATE_PORTS, MAX_DOMAINS, MAX_NETWORKS, MAX_RESOLVERS, MTU } from '../gateway-limits.ts';
import { domainName, id, isoTime, udpPort } from '../primitives.ts';
import { properName } from '../typed-name.ts';
import { typedAddress, typedNetwork } from '../typed-network.ts';
import { nextCursor } from './paging.ts';

/**
 * Gateways, `/panel/v1`, administrators and owners:
 *
 * | call | request | answers |
 * |---|---|---|
 * | GET gateways | `pageQuery` | 200 `gatewaysAnswer` |
 * | POST gateways | `newGatewayRequest` | 201 `newGatewayAnswer` · 400 `invalid-request` (subnet too small or taken, name taken) |
 * | GET gateways/{id} | `pageQuery` (of the peers) | 200 `gatewayAnswer` · 404 `gateway-not-found` |
 * | PUT gateways/{id} | `gatewayChange` | 200 `gatewayChangedAnswer` · 400 `invalid-request` (name taken, too many) · 404 |
 * | DELETE gateways/{id} | – | 200 `gatewayRemovedAnswer` · 404 |
 * | POST gateways/{id}/token | `gatewayTokenRequest` | 201 `newGatewayTokenAnswer` · 404 |
 */

export const panelGateway = z.object({
  id,
  name: z.string(),
  /** The devices' addresses; the first is the gateway's own. */
  subnet: z.string(),
  /** The same in IPv6; null: devices have none. `subnet` may be IPv6 itself, then this is null. */
  subnet6: z.string().nullable(),
  /** What clients send through the tunnel. */
  allowedIps: z.array(z.string()),
  dns: z.array(z.string()),
  /** The resolvers are asked for names of these alone; empty: for every name. */
  dnsDomains: z.array(z.string()),
  /** Where names without a dot are looked for. */
  dnsSearch: z.array(z.string()),
  /** UDP ports besides the endpoint's own that lead to it. */
  alternatePorts: z.array(z.number().int()),
  mtu: z.number().int(),
  keepaliveSeconds: z.number().int(),
  /** Null until its agent has connected. */
  endpoint: z.string().nullable(),
  publicKey: z.string().nullable(),
  isOnline: z.boolean(),
  lastSeenAt: isoTime.nullable(),
  createdAt: isoTime,
  /** Tunnels now, and the bytes that they have carried. */
  connections: z.number().int(),
  rxBytes: z.number().int(),
  txBytes: z.number().int(),
  /** Of the agent that is or was there last; null: never there, or too old to say. */
  agent: z.object({ version: z.string(), features: z.array(z.string()) }).nullable(),
  /** The one with which its agent comes, and one that takes its place. */
  token: z.object({
    madeAt: isoTime,
    /** Null: there is no other. The old one ends when the agent has come with the new one, at `oldEndsAt` at the latest. */
    next: z.object({ madeAt: isoTime, oldEndsAt: isoTime }).nullable(),
  }),
  /** What keeps members' packets from passing, as the agent sees it on its host; empty while it is away. */
  hostTroubles: z.array(hostTrouble),
});
export type PanelGateway = z.infer<typeof panelGateway>;

/** By name. */
export const gatewaysAnswer = z.object({ gateways: z.array(panelGateway), nextCursor });

export const panelPeer = z.object({
  leaseId: id,
  memberId: id,
  memberName: z.string(),
  email: z.string(),
  deviceId: id,
  deviceName: z.string(),
  address: z.string(),
  /** Its IPv6 one, where it has both. */
  address6: z.string().nullable(),
  publicKey: z.string(),
  since: isoTime,
  expiresAt: isoTime,
  lastHandshakeAt: isoTime.nullable(),
  /** As the gateway counts. */
  rxBytes: z.number().int(),
  txBytes: z.number().int(),
});

/** Peers: the newest connection first, in pages. */
export const gatewayAnswer = z.object({
  gateway: panelGateway,
  peers: z.array(panelPeer),
  nextCursor,
});

const mtu = z.number().int().min(MTU.least).max(MTU.most);
const keepaliveSeconds = z.number().int().min(0).max(65_535);
/** The last part of a domain is never a number (RFC 1123 §2.1): an address is none. */
const domain = domainName.regex(/(^|\.)(?!\d+$)[^.]+$/, 'expected a domain name, not an address');
const domains = z.array(domain).max(MAX_DOMAINS);
const alternatePorts = z.array(udpPort).max(MAX_ALTERNATE_PORTS);
export const newGatewayRequest = z.strictObject({
  name: properName,
  subnet: typedNetwork,
  /** IPv6 beside an IPv4 `subnet`: devices get the same number in both. */
  subnet6: typedNetwork.nullable().default(null),
  /** Default: everything. */
  allowedIps: z.array(typedNetwork).min(1).max(MAX_NETWORKS).default(['0.0.0.0/0', '::/0']),
  dns: z.array(typedAddress).max(MAX_RESOLVERS).default([]),
  dnsDomains: domains.default([]),
  dnsSearch: domains.default([]),
  alternatePorts: alternatePorts.default([]),
  mtu: mtu.default(1420),
  keepaliveSeconds: keepaliveSeconds.default(25),
});

/**
 * What is left out stays. The subnet cannot be changed: connections have their addresses from it. `subnet6` can be
 * added, and taken away with null: connections get or lose it when they are made anew.
 */
export const gatewayChange = z
  .strictObject({
    name: properName,
    subnet6: typedNetwork.nullable(),
    allowedIps: z.array(typedNetwork).min(1).max(MAX_NETWORKS),
    dns: z.array(typedAddress).max(MAX_RESOLVERS),
    dnsDomains: domains,
    dnsSearch: domains,
    alternatePorts,
    mtu,
    keepaliveSeconds,
  })
  .partial();

export type GatewayChange = z.infer<typeof gatewayChange>;

/** `outdatedConnections` keep the settings that they have until they are renewed or made anew. */
export const gatewayChangedAnswer = z.object({
  gateway: panelGateway,
  outdatedConnections: z.number().int(),
});

/** Token and install line are shown this once. */
export const newGatewayAnswer = z.object({
  gateway: panelGateway,
  token: z.string(),
  /** For root's shell on the gateway; the token is in it. */
  installLine: z.string(),
});

/** `endsOldNow`: for one that somebody else may have; the gateway is offline until its agent has the new one. */
export const gatewayTokenRequest = z.strictObject({ endsOldNow: z.boolean().default(false) });

/** Token and line are shown this once. */
export const newGatewayTokenAnswer = z.object({
  gateway: panelGateway,
  token: z.string(),
  /** For root's shell on the gateway; the token is in it. */
  tokenLine: z.string(),
});

export const gatewayRemovedAnswer = z.object({ endedConnections: z.number().int() });
