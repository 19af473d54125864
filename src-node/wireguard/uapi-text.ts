import type { WgChange, WgPeer, WgPeerStats } from './device.ts';

/**
 * The WireGuard cross-platform userspace protocol as text (https://www.wireguard.com/xplatform/): lines `key=value`,
 * keys in lower-case hex, one blank line at the end, answers closed by `errno=N`.
 */
export const UAPI_GET = 'get=1\n\n';

export interface UapiPeer extends WgPeerStats {
  /** Null when none is set (all zeros on the wire). */
  presharedKey: string | null;
  keepaliveSeconds: number;
}

export interface UapiReply {
  /** 0, or the negated errno that the device answered with. */
  errno: number;
  listenPort: number | null;
  peers: UapiPeer[];
}

const NO_KEY = '0'.repeat(64);
/** Addresses, networks and ports; above all no line break, so that no value can become a second line. */
const NETWORK_VALUE = /^[0-9A-Za-z.:/[\]%]+$/;

/** base64url (43 characters) → 64 hex digits. Throws for anything that is not 32 bytes: checked at the boundary. */
export function keyToHex(key: string): string {
  const bytes = Buffer.from(key, 'base64url');
  if (bytes.length !== 32) throw new Error('a WireGuard key has 32 bytes');
  return bytes.toString('hex');
}

export function keyFromHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64url');
}

function networkValue(value: string): string {
  if (!NETWORK_VALUE.test(value)) throw new Error('not an address, network or endpoint');
  return value;
}

function peerLines(peer: WgPeer): string[] {
  const lines = [`public_key=${keyToHex(peer.publicKey)}`];
  lines.push(`preshared_key=${peer.presharedKey === undefined ? NO_KEY : keyToHex(peer.presharedKey)}`);
  if (peer.endpoint !== undefined) lines.push(`endpoint=${networkValue(peer.endpoint)}`);
  lines.push('replace_allowed_ips=true');
  for (const network of peer.allowedIps) lines.push(`allowed_ip=${networkValue(network)}`);
  // Last: wireguard-go starts the first handshake when the keepalive is turned on.
  lines.push(`persistent_keepalive_interval=${peer.keepaliveSeconds ?? 0}`);
  return lines;
}

/**
 * One `set=1` request for the whole change. Removals come before additions; a key may be in both (its session ends).
 * An added peer ends up as described; only an endpoint that is left out stays what it was.
 */
export function encodeSet(change: WgChange): string {
  const lines = ['set=1'];
  if (change.privateKey !== undefined) lines.push(`private_key=${keyToHex(change.privateKey)}`);
  if (change.listenPort !== undefined) lines.push(`listen_port=${change.listenPort}`);
  if (change.fwmark !== undefined) lines.push(`fwmark=${change.fwmark}`);
  if (change.replacePeers) lines.push('replace_peers=true');
  for (const key of change.remove ?? []) lines.push(`public_key=${keyToHex(key)}`, 'remove=true');
  for (const peer of change.add ?? []) lines.push(...peerLines(peer));
  return `${lines.join('\n')}\n\n`;
}

/** Cuts the first whole answer off what was received so far; null while it is incomplete. */
export function takeReply(received: string): { reply: string; rest: string } | null {
  const end = received.indexOf('\n\n');
  return end < 0 ? null : { reply: received.slice(0, end), rest: received.slice(end + 2) };
}

/** Whether an answer ends with `errno=0`. */
export function isAccepted(reply: string): boolean {
  return reply === 'errno=0' || reply.endsWith('\nerrno=0');
}

function toCount(value: string): number {
  const count = Number(value);
  if (!Number.isSafeInteger(count)) throw new Error('the WireGuard device answered a number out of range');
  return count;
}

/** Parses the answer to `get=1` or `set=1`. Unknown keys are skipped; an answer without `errno` throws. */
export function parseReply(reply: string): UapiReply {
  const result: UapiReply = { errno: Number.NaN, listenPort: null, peers: [] };
  let peer: UapiPeer | null = null;
  let handshakeSeconds = 0;
  for (const line of reply.split('\n')) {
    const cut = line.indexOf('=');
    const key = line.slice(0, cut);
    const value = line.slice(cut + 1);
    if (key === 'errno') result.errno = toCount(value);
    else if (key === 'listen_port') result.listenPort = toCount(value);
    else if (key === 'public_key') {
      peer = {
        publicKey: keyFromHex(value),
        presharedKey: null,
        lastHandshakeAt: null,
        rxBytes: 0,
        txBytes: 0,
        endpoint: null,
        allowedIps: [],
        keepaliveSeconds: 0,
      };
      result.peers.push(peer);
    } else if (peer === null) continue;
    else if (key === 'preshared_key') peer.presharedKey = value === NO_KEY ? null : keyFromHex(value);
    else if (key === 'endpoint') peer.endpoint = value;
    else if (key === 'allowed_ip') peer.allowedIps.push(value);
    else if (key === 'rx_bytes') peer.rxBytes = toCount(value);
    else if (key === 'tx_bytes') peer.txBytes = toCount(value);
    else if (key === 'persistent_keepalive_interval') peer.keepaliveSeconds = toCount(value);
    else if (key === 'last_handshake_time_sec') handshakeSeconds = toCount(value);
    else if (key === 'last_handshake_time_nsec') {
      const atMs = handshakeSeconds * 1000 + Math.floor(toCount(value) / 1e6);
      peer.lastHandshakeAt = atMs === 0 ? null : atMs;
    }
  }
  if (Number.isNaN(result.errno)) throw new Error('the WireGuard device answered without errno');
  return result;
}
