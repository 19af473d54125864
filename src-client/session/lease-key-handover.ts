import type { Logger } from 'pino';
import type { ServerFrame } from '../../src-shared/client-channel.ts';
import type { HelperFeature } from '../../src-shared/helper-rpc.ts';
import type { HelperClient } from '../tunnel/helper-client.ts';

const FEATURE: HelperFeature = 'lease-key';

export interface LeaseKeyHandoverOptions {
  helper: Pick<HelperClient, 'isReady' | 'about' | 'leaseKey'>;
  log: Logger;
}

/** Null: which word there is; else the step that the helper has. */
type Tell = (step: number | null) => void;

/**
 * Hands the server's words on its next lease key to the helper, which alone judges them, and tells the server which one
 * it has. Nothing is kept: with each channel and each helper the server is asked again.
 */
export class LeaseKeyHandover {
  readonly #options: LeaseKeyHandoverOptions;
  #tell: Tell | null = null;

  constructor(options: LeaseKeyHandoverOptions) {
    this.#options = options;
  }

  /** A channel is open; null: its server does not want to be told. */
  opened(tell: Tell | null): void {
    this.#tell = tell;
    this.ask();
  }

  /** Once the helper is there, too. */
  ask(): void {
    const { isReady, about } = this.#options.helper;
    if (isReady && about?.features.includes(FEATURE)) this.#tell?.(null);
  }

  async given({ step, statement }: Extract<ServerFrame, { type: 'lease-key' }>): Promise<void> {
    const tell = this.#tell;
    const refusal = await this.#options.helper.leaseKey(statement);
    if (refusal) this.#options.log.warn({ code: refusal.code, step }, 'word on the lease key not taken');
    else if (tell === this.#tell) tell?.(step);
  }
}
