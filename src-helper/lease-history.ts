import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { writeFileAtomic } from '../src-node/atomic-file.ts';
import type { LeaseClaims } from '../src-shared/lease.ts';
import { fail, ok, type Result } from '../src-shared/problem.ts';

/** Devices and ended leases that are remembered; the longest unused go first. */
const MAX_DEVICES = 256;
const MAX_ENDED = 1024;
/** The flush of the disk stays behind the tunnel that goes up or down. */
const WRITE_DELAY_MS = 25;

const historySchema = z.object({
  /** Newest last. `device` is `iss sub`. */
  epochs: z.array(z.object({ device: z.string(), epoch: z.number().int() })),
  /** `exp` in seconds since 1970: after it the lease is refused anyway. */
  ended: z.array(z.object({ jti: z.string(), exp: z.number().int() })),
});

export interface LeaseHistoryOptions {
  file: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Told when the file cannot be written. */
  onWriteError: (error: unknown) => void;
}

/**
 * What may not come back: epochs that have passed, leases that were ended by order. The memory counts at once;
 * the file follows behind the answer, flushed. That is safe: if power fails in between, the helper may accept a
 * lease that the gateway has long dropped, and no packet passes.
 */
export class LeaseHistory {
  readonly #options: LeaseHistoryOptions;
  readonly #epochs = new Map<string, number>();
  readonly #ended = new Map<string, number>();
  #isDirty = false;
  #writing: Promise<void> | null = null;

  private constructor(options: LeaseHistoryOptions) {
    this.#options = options;
  }

  /** Reads the file; a missing one is an empty history. Rejects when it is there but cannot be read. */
  static async open(options: LeaseHistoryOptions): Promise<LeaseHistory> {
    const history = new LeaseHistory(options);
    const text = await readFile(options.file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (text === null) return history;
    const parsed = historySchema.parse(JSON.parse(text));
    for (const { device, epoch } of parsed.epochs) history.#epochs.set(device, epoch);
    for (const { jti, exp } of parsed.ended) history.#ended.set(jti, exp);
    return history;
  }

  /** Accepts the lease and remembers its epoch, or says why it is stale. */
  accept({ iss, sub, jti, epoch }: LeaseClaims): Result<void> {
    const device = `${iss} ${sub}`;
    const highest = this.#epochs.get(device);
    if (highest !== undefined && epoch < highest)
      return fail(
        'lease-invalid',
        'It is older than what the server has decided since. Was the server restored from a backup? Update the app.',
      );
    if (this.#ended.has(jti))
      return fail('lease-invalid', 'This connection has been ended and cannot be resumed.');
    if (highest === epoch) return ok(undefined);
    this.#epochs.delete(device);
    this.#epochs.set(device, epoch);
    trim(this.#epochs, MAX_DEVICES);
    this.#save();
    return ok(undefined);
  }

  /** The newest that was accepted from any server, null: none is known. */
  epochOf(deviceId: string): number | null {
    const epochs = [...this.#epochs].filter(([device]) => device.endsWith(` ${deviceId}`));
    return epochs.length === 0 ? null : Math.max(...epochs.map(([, epoch]) => epoch));
  }

  /** The lease may not be used again. */
  end({ jti, exp }: Pick<LeaseClaims, 'jti' | 'exp'>): void {
    const nowSeconds = this.#options.now() / 1000;
    for (const [old, expiry] of this.#ended) if (expiry < nowSeconds) this.#ended.delete(old);
    this.#ended.set(jti, exp);
    trim(this.#ended, MAX_ENDED);
    this.#save();
  }

  /** Resolves when the file says what the memory says, or `onWriteError` was told that it cannot. */
  async settled(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  #save(): void {
    this.#isDirty = true;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#isDirty) {
      await sleep(WRITE_DELAY_MS);
      this.#isDirty = false;
      const epochs = [...this.#epochs].map(([device, epoch]) => ({ device, epoch }));
      const ended = [...this.#ended].map(([jti, exp]) => ({ jti, exp }));
      await writeFileAtomic(this.#options.file, JSON.stringify({ epochs, ended })).catch(
        this.#options.onWriteError,
      );
    }
  }
}

function trim(map: Map<string, number>, limit: number): void {
  for (const key of map.keys()) {
    if (map.size <= limit) return;
    map.delete(key);
  }
}
