import type { WgChange, WgDevice, WgPeer, WgPeerStats } from '../../src-node/wireguard/device.ts';
import { splitEndpoint } from '../../src-shared/primitives.ts';

/** What a handshake moves, and how long it takes. */
const ANSWER = { rxBytes: 92, txBytes: 148, tookMs: 40 };

/** A device in memory in front of a gateway that hears some ports only: a new peer shakes hands at once, or never. */
export class PortDevice implements WgDevice {
  readonly interfaceName = 'memory0';
  readonly kind = 'userspace';
  readonly ended = new Promise<{ reason: string }>(() => undefined);
  /** Ports of the peers that were set, one for each call, and how many calls had none. */
  readonly tried: number[] = [];
  /** The gateway's ports that are let through. */
  open: number[] = [];
  refuses = false;
  #peer: WgPeer | null = null;
  #sinceMs = 0;
  #shaken: number | null = null;

  async apply({ add = [], remove = [], replacePeers }: WgChange): Promise<void> {
    if (this.refuses) throw new Error('out of order');
    const [peer] = add;
    const isNew = replacePeers || remove.length > 0 || this.#peer === null;
    if (replacePeers || remove.length > 0) this.#peer = null;
    if (!peer) return;
    this.#peer = peer;
    this.tried.push(this.#port());
    if (!isNew) return;
    this.#sinceMs = Date.now();
    this.#shaken = this.open.includes(this.#port()) && peer.keepaliveSeconds ? ANSWER.tookMs : null;
  }

  async peers(): Promise<WgPeerStats[]> {
    if (!this.#peer) return [];
    const { publicKey, endpoint = '', allowedIps } = this.#peer;
    const isShaken = this.#shaken !== null && Date.now() >= this.#sinceMs + this.#shaken;
    return [
      {
        publicKey,
        endpoint,
        allowedIps,
        lastHandshakeAt: isShaken ? this.#sinceMs + ANSWER.tookMs : null,
        rxBytes: isShaken ? ANSWER.rxBytes : 0,
        txBytes: ANSWER.txBytes,
      },
    ];
  }

  async close(): Promise<void> {
    this.#peer = null;
  }

  #port(): number {
    return splitEndpoint(this.#peer?.endpoint ?? ':0').port;
  }
}
