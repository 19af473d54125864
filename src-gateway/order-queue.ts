import type { WgDevice } from '../src-node/wireguard/device.ts';
import { isEmptyChange, type PeerOrder, PeerSet } from './peer-set.ts';
import type { RevOutcome } from './rev-ledger.ts';

interface Waiting {
  order: PeerOrder;
  settle: (outcome: RevOutcome) => void;
}

const errorText = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 500);

/**
 * Applies orders to the device in their sequence, one device call at a time. An order that finds the queue empty is
 * handed to the device before `submit` returns; orders that pile up meanwhile go out together in the next call.
 */
export class OrderQueue {
  readonly #device: WgDevice;
  readonly #set = new PeerSet();
  #waiting: Waiting[] = [];
  #isBusy = false;
  #isInDoubt = false;

  constructor(device: WgDevice) {
    this.#device = device;
  }

  /** Whether the device may hold any peer: it was told to, or a call failed and no sync has succeeded since. */
  get mayHavePeers(): boolean {
    return this.#isInDoubt || this.#set.size > 0;
  }

  /** Settles with `done` once the device has it, or `failed` with the device's words; never rejects. */
  submit(order: PeerOrder): Promise<RevOutcome> {
    return new Promise((settle) => {
      this.#waiting.push({ order, settle });
      this.#next();
    });
  }

  #next(): void {
    if (this.#isBusy || this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#isBusy = true;
    void this.#apply(batch).then(() => {
      this.#isBusy = false;
      this.#next();
    });
  }

  async #apply(batch: Waiting[]): Promise<void> {
    const outcome = await this.#call(batch.map(({ order }) => order));
    if (outcome.type === 'done' || batch.length === 1) {
      for (const { settle } of batch) settle(outcome);
      return;
    }
    // One bad order must not decide over its neighbours: each gets a verdict of its own.
    for (const { order, settle } of batch) settle(await this.#call([order]));
  }

  async #call(orders: PeerOrder[]): Promise<RevOutcome> {
    const change = this.#set.fold(orders);
    try {
      if (!isEmptyChange(change)) await this.#device.apply(change);
      if (change.replacePeers) this.#isInDoubt = false;
      return { type: 'done' };
    } catch (error) {
      this.#isInDoubt = true;
      for (const { publicKey } of change.add ?? []) this.#set.forget(publicKey);
      const [only] = orders;
      if (only?.type === 'add' && orders.length === 1) await this.#takeBack(only.peer.publicKey);
      return { type: 'failed', error: errorText(error) };
    }
  }

  /** A refused addition may have left half a peer. When this fails too, the device is broken and its end says so. */
  async #takeBack(publicKey: string): Promise<void> {
    await this.#device.apply({ remove: [publicKey] }).catch(() => undefined);
  }
}
