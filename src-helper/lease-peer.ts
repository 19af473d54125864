import type { WgPeer } from '../src-node/wireguard/device.ts';
import type { AcceptedLease } from './lease-verifier.ts';

/** Turning this on makes WireGuard send the first handshake at once, and keeps a silent tunnel's lease alive. */
const DEFAULT_KEEPALIVE_SECONDS = 25;

/** The gateway as WireGuard's peer, at this UDP port of its address. */
export function peerOf({ claims: { wg } }: AcceptedLease, port: number): WgPeer {
  return {
    publicKey: wg.serverPublicKey,
    presharedKey: wg.presharedKey,
    endpoint: `${wg.endpoint.slice(0, wg.endpoint.lastIndexOf(':'))}:${port}`,
    allowedIps: wg.allowedIps,
    keepaliveSeconds: wg.keepaliveSeconds || DEFAULT_KEEPALIVE_SECONDS,
  };
}

/** The same key pair at the same gateway: WireGuard's session can go on. */
export function isSameSession(before: AcceptedLease, after: AcceptedLease): boolean {
  return (
    before.privateKey === after.privateKey &&
    before.claims.wg.serverPublicKey === after.claims.wg.serverPublicKey
  );
}
