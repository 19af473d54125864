import { toWgBase64 } from '../../src-shared/primitives.ts';
import type { WgChange, WgPeer, WgPeerStats } from './device.ts';

/** Interface settings that `wg syncconf` would reset if its text left them out. */
export interface WgInterfaceSettings {
  privateKey?: string;
  listenPort?: number;
  fwmark?: number;
}

const LINE_VALUE = /^[0-9A-Za-z.:/[\]%]+$/;

function lineValue(value: string): string {
  if (!LINE_VALUE.test(value)) throw new Error('not an address, network or endpoint');
  return value;
}

function peerSection(peer: WgPeer): string[] {
  const lines = ['[Peer]', `PublicKey = ${toWgBase64(peer.publicKey)}`];
  if (peer.presharedKey !== undefined) lines.push(`PresharedKey = ${toWgBase64(peer.presharedKey)}`);
  if (peer.allowedIps.length > 0) lines.push(`AllowedIPs = ${peer.allowedIps.map(lineValue).join(', ')}`);
  if (peer.endpoint !== undefined) lines.push(`Endpoint = ${lineValue(peer.endpoint)}`);
  lines.push(`PersistentKeepalive = ${peer.keepaliveSeconds ?? 0}`);
  return lines;
}

/** Configuration text for `wg addconf` and `wg syncconf` (wg(8), CONFIGURATION FILE FORMAT); it holds secrets. */
export function encodeWgConfig(settings: WgInterfaceSettings, peers: readonly WgPeer[]): string {
  const lines = ['[Interface]'];
  if (settings.privateKey !== undefined) lines.push(`PrivateKey = ${toWgBase64(settings.privateKey)}`);
  if (settings.listenPort !== undefined) lines.push(`ListenPort = ${settings.listenPort}`);
  if (settings.fwmark !== undefined) lines.push(`FwMark = ${settings.fwmark}`);
  for (const peer of peers) lines.push(...peerSection(peer));
  return `${lines.join('\n')}\n`;
}

/** One run of `wg`: secrets only in `stdin`. */
export interface WgCall {
  args: string[];
  stdin: string;
}

/**
 * The runs of `wg` that make a change: at most one that removes (several peers in one call) and one that adds or
 * replaces. `settings` is what the interface has after this change.
 */
export function wgCallsFor(interfaceName: string, change: WgChange, settings: WgInterfaceSettings): WgCall[] {
  const calls: WgCall[] = [];
  const add = change.add ?? [];
  const remove = change.remove ?? [];
  if (remove.length > 0) {
    const args = remove.flatMap((key) => ['peer', toWgBase64(key), 'remove']);
    calls.push({ args: ['set', interfaceName, ...args], stdin: '' });
  }
  if (change.replacePeers) {
    calls.push({ args: ['syncconf', interfaceName, '/dev/stdin'], stdin: encodeWgConfig(settings, add) });
    return calls;
  }
  const { privateKey, listenPort, fwmark } = change;
  if (add.length > 0 || privateKey !== undefined || listenPort !== undefined || fwmark !== undefined) {
    const changed: WgInterfaceSettings = {
      ...(privateKey === undefined ? {} : { privateKey }),
      ...(listenPort === undefined ? {} : { listenPort }),
      ...(fwmark === undefined ? {} : { fwmark }),
    };
    calls.push({ args: ['addconf', interfaceName, '/dev/stdin'], stdin: encodeWgConfig(changed, add) });
  }
  return calls;
}

/** Parses `wg show NAME dump`: one line for the interface, then one per peer, fields separated by tabs. */
export function parseWgDump(text: string): WgPeerStats[] {
  const [, ...lines] = text.trimEnd().split('\n');
  return lines.map((line) => {
    const [publicKey, , endpoint, allowedIps, handshakeSeconds, rx, tx] = line.split('\t');
    if (!publicKey || tx === undefined) throw new Error('wg show printed a line that is not understood');
    return {
      publicKey: Buffer.from(publicKey, 'base64').toString('base64url'),
      lastHandshakeAt: handshakeSeconds === '0' ? null : Number(handshakeSeconds) * 1000,
      rxBytes: Number(rx),
      txBytes: Number(tx),
      endpoint: !endpoint || endpoint === '(none)' ? null : endpoint,
      allowedIps: !allowedIps || allowedIps === '(none)' ? [] : allowedIps.split(','),
    };
  });
}
