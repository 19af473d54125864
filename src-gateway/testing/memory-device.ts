import type { WgChange, WgDevice, WgPeer, WgPeerStats } from '../../src-node/wireguard/device.ts';

/** A device in memory for tests of what stands before it: it keeps peers as WireGuard does and records each call. */
export class MemoryDevice implements WgDevice {
  readonly interfaceName = 'memory0';
  readonly kind = 'userspace';
  readonly ended = new Promise<{ reason: string }>(() => undefined);
  readonly calls: WgChange[] = [];
  readonly held = new Map<string, WgPeer>();
  /** Public keys whose session was ended by a removal. */
  readonly endedSessions: string[] = [];
  /** Set: the next calls wait until it is released. */
  #gate: Promise<void> = Promise.resolve();
  /** Says why a change is refused; null accepts it. */
  refuse: (change: WgChange) => string | null = () => null;

  /** Holds every call back until the returned function is called. */
  hold(): () => void {
    const gate = Promise.withResolvers<void>();
    this.#gate = gate.promise;
    return gate.resolve;
  }

  async apply(change: WgChange): Promise<void> {
    this.calls.push(change);
    await this.#gate;
    const refusal = this.refuse(change);
    if (refusal !== null) throw new Error(refusal);
    for (const key of change.remove ?? []) if (this.held.delete(key)) this.endedSessions.push(key);
    const listed = new Set(change.add?.map(({ publicKey }) => publicKey));
    if (change.replacePeers) {
      for (const key of [...this.held.keys()]) {
        if (!listed.has(key) && this.held.delete(key)) this.endedSessions.push(key);
      }
    }
    for (const peer of change.add ?? []) {
      for (const other of this.held.values()) {
        const allowedIps = other.allowedIps.filter((network) => !peer.allowedIps.includes(network));
        this.held.set(other.publicKey, { ...other, allowedIps });
      }
      this.held.set(peer.publicKey, peer);
    }
  }

  async peers(): Promise<WgPeerStats[]> {
    return [...this.held.values()].map(({ publicKey, allowedIps }) => ({
      publicKey,
      allowedIps,
      lastHandshakeAt: null,
      rxBytes: 0,
      txBytes: 0,
      endpoint: null,
    }));
  }

  async close(): Promise<void> {
    this.held.clear();
  }
}
