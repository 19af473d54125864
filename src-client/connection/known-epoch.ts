import type { HelperClient } from '../tunnel/helper-client.ts';

/**
 * The newest epoch that the computer has had a lease of for the device of the session, as the helper remembers it. It is
 * asked for ahead, so that no request waits for it.
 */
export class KnownEpoch {
  readonly #helper: Pick<HelperClient, 'epoch'>;
  #deviceId: string | null = null;
  #epoch = -1;

  constructor(helper: Pick<HelperClient, 'epoch'>) {
    this.#helper = helper;
  }

  /** -1: none is known. */
  get current(): number {
    return this.#epoch;
  }

  setDevice(deviceId: string | null): void {
    if (deviceId === this.#deviceId) return;
    this.#deviceId = deviceId;
    this.#epoch = -1;
    void this.ask();
  }

  /** At each new connection to the helper, and at each new session. A helper that does not know leaves things as they are. */
  async ask(): Promise<void> {
    const deviceId = this.#deviceId;
    if (deviceId === null) return;
    const epoch = await this.#helper.epoch(deviceId);
    if (epoch !== null && deviceId === this.#deviceId) this.#epoch = Math.max(this.#epoch, epoch);
  }
}
