import type { WgChange, WgPeer } from '../src-node/wireguard/device.ts';

/** What shall happen to the peers of the device. */
export type PeerOrder =
  | { type: 'sync'; peers: WgPeer[] }
  | { type: 'add'; peer: WgPeer }
  | { type: 'remove'; publicKeys: string[] };

function isSame(a: WgPeer | undefined, b: WgPeer): boolean {
  return (
    a !== undefined &&
    a.presharedKey === b.presharedKey &&
    a.allowedIps.length === b.allowedIps.length &&
    a.allowedIps.every((network, index) => network === b.allowedIps[index])
  );
}

/** The peers that the device has been told to have, and how to get from one state of them to the next. */
export class PeerSet {
  readonly #peers = new Map<string, WgPeer>();
  /** Network → public key: WireGuard gives a network to its newest owner and takes it from the older one. */
  readonly #owners = new Map<string, string>();

  get size(): number {
    return this.#peers.size;
  }

  /**
   * Takes the orders in their sequence and answers one change with the same end. A peer that is already as wanted is
   * not mentioned, so that a renewal loses no packet; one that was removed on the way and added again stands in
   * `remove` and `add`, since its session must end. A removal is passed on even for an unknown key.
   */
  fold(orders: readonly PeerOrder[]): WgChange {
    const removed = new Set<string>();
    const touched = new Set<string>();
    let replacePeers = false;
    for (const order of orders) {
      if (order.type === 'add') this.#put(order.peer, touched);
      else if (order.type === 'sync') {
        replacePeers = true;
        this.#peers.clear();
        this.#owners.clear();
        for (const peer of order.peers) this.#put(peer, touched);
      } else {
        for (const key of order.publicKeys) {
          this.forget(key);
          removed.add(key);
        }
      }
    }
    if (replacePeers) {
      const remove = [...removed].filter((key) => this.#peers.has(key));
      return { replacePeers, remove, add: [...this.#peers.values()] };
    }
    const add: WgPeer[] = [];
    for (const key of new Set([...touched, ...removed])) {
      const peer = this.#peers.get(key);
      if (peer) add.push(peer);
    }
    return { remove: [...removed], add };
  }

  /** From now on it is not known whether the device has this peer: the next order for it is passed on in full. */
  forget(publicKey: string): void {
    for (const network of this.#peers.get(publicKey)?.allowedIps ?? []) {
      if (this.#owners.get(network) === publicKey) this.#owners.delete(network);
    }
    this.#peers.delete(publicKey);
  }

  #put(peer: WgPeer, touched: Set<string>): void {
    if (isSame(this.#peers.get(peer.publicKey), peer)) return;
    this.forget(peer.publicKey);
    for (const network of peer.allowedIps) {
      const owner = this.#peers.get(this.#owners.get(network) ?? '');
      if (owner) {
        const allowedIps = owner.allowedIps.filter((owned) => owned !== network);
        this.#peers.set(owner.publicKey, { ...owner, allowedIps });
        touched.add(owner.publicKey);
      }
      this.#owners.set(network, peer.publicKey);
    }
    this.#peers.set(peer.publicKey, peer);
    touched.add(peer.publicKey);
  }
}

/** Whether a change changes nothing. */
export function isEmptyChange(change: WgChange): boolean {
  return !change.replacePeers && !change.add?.length && !change.remove?.length;
}
