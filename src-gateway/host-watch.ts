import type { Logger } from 'pino';
import { inTurn } from '../src-node/in-turn.ts';
import { type HostTrouble, MAX_HOST_TROUBLES } from '../src-shared/gateway-channel.ts';
import type { HostCheck } from './host-check.ts';

/** How often a host is looked at: a firewall may come, or be mended, at any time. */
const LOOK_EVERY_MS = 30_000;
/** As the contract has it. */
const MAX_ID = 64;
const MAX_DETAIL = 500;
const MAX_REMEDY = 1000;

/** What keeps members' packets from passing on this host, as whoever reports it sees it. */
export interface HostHealth {
  /** Looks anew, and answers what is wrong now. Never rejects. */
  look(): Promise<readonly HostTrouble[]>;
  /** Called with each look that found something else than the one before; answers how to end that. */
  onChange(listener: (troubles: readonly HostTrouble[]) => void): () => void;
}

/** Looks at the host every 30 s, from `start` to `stop`, and whenever it is asked to; what is new is in the log. */
export class HostWatch implements HostHealth {
  readonly #checks: () => Promise<readonly HostCheck[]>;
  readonly #log: Logger;
  readonly #listeners = new Set<(troubles: readonly HostTrouble[]) => void>();
  #troubles: readonly HostTrouble[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #inTurn = inTurn();

  constructor(checks: () => Promise<readonly HostCheck[]>, log: Logger) {
    this.#checks = checks;
    this.#log = log;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  onChange(listener: (troubles: readonly HostTrouble[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  look(): Promise<readonly HostTrouble[]> {
    return this.#inTurn(() => this.#look());
  }

  async #look(): Promise<readonly HostTrouble[]> {
    const before = this.#troubles;
    const now = await this.#find();
    const lacks = (list: readonly HostTrouble[], one: HostTrouble) =>
      !list.some((other) => isSame(one, other));
    const isOther = now.length !== before.length || now.some((one) => lacks(before, one));
    for (const trouble of now)
      if (lacks(before, trouble)) this.#log.warn({ remedy: trouble.remedy }, trouble.detail);
    for (const trouble of before)
      if (lacks(now, trouble)) this.#log.info({ was: trouble.detail }, 'this is no longer so');
    this.#troubles = now;
    if (isOther) for (const listener of this.#listeners) listener(now);
    return now;
  }

  async #find(): Promise<readonly HostTrouble[]> {
    try {
      const wrong = (await this.#checks()).filter(({ ok }) => !ok);
      return wrong.slice(0, MAX_HOST_TROUBLES).map(toTrouble);
    } catch (error) {
      this.#log.error({ err: error }, 'this host cannot be looked at');
      const why = error instanceof Error ? error.message : String(error);
      return [toTrouble({ id: 'host', detail: `This host cannot be looked at: ${why}`, remedy: null })];
    }
  }
}

function isSame(one: HostTrouble, other: HostTrouble): boolean {
  return one.id === other.id && one.detail === other.detail && one.remedy === other.remedy;
}

function toTrouble({ id, detail, remedy }: HostTrouble): HostTrouble {
  return {
    id: id.slice(0, MAX_ID),
    detail: detail.slice(0, MAX_DETAIL),
    remedy: remedy === null ? null : remedy.slice(0, MAX_REMEDY),
  };
}
