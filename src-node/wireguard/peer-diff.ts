import type { WgChange, WgPeer } from './device.ts';
import type { UapiPeer } from './uapi-text.ts';

function isAsWanted(current: UapiPeer, wanted: WgPeer): boolean {
  const sameNetworks =
    current.allowedIps.length === wanted.allowedIps.length &&
    wanted.allowedIps.every((network) => current.allowedIps.includes(network));
  return (
    sameNetworks &&
    (current.presharedKey ?? undefined) === wanted.presharedKey &&
    (wanted.endpoint === undefined || wanted.endpoint === current.endpoint) &&
    (wanted.keepaliveSeconds ?? 0) === current.keepaliveSeconds
  );
}

/**
 * A replacement of all peers → the smallest change that ends with exactly `add`. Peers that are as wanted are not
 * mentioned, so their sessions live on; a key that is in `remove` too loses its session.
 */
export function replacementFor(current: readonly UapiPeer[], change: WgChange): WgChange {
  const { replacePeers: _, ...rest } = change;
  const wanted = new Map((change.add ?? []).map((peer) => [peer.publicKey, peer]));
  const present = new Map(current.map((peer) => [peer.publicKey, peer]));
  const remove = new Set(change.remove?.filter((key) => present.has(key)));
  for (const key of present.keys()) if (!wanted.has(key)) remove.add(key);
  const add = [...wanted.values()].filter((peer) => {
    const now = present.get(peer.publicKey);
    return now === undefined || remove.has(peer.publicKey) || !isAsWanted(now, peer);
  });
  return { ...rest, remove: [...remove], add };
}
