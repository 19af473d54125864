import type { Logger } from 'pino';
import type { HelperStatus } from '../../src-shared/helper-rpc.ts';
import type { Problem } from '../../src-shared/problem.ts';
import type { ProofAnswer } from '../../src-shared/unlock.ts';
import type { Notice } from '../snapshot/snapshot.ts';
import type { HelperClient } from '../tunnel/helper-client.ts';
import { ConnectionTimers } from './connection-timers.ts';
import { type EffectParts, runEffect } from './effect-runner.ts';
import { HelperCalls } from './helper-calls.ts';
import { KnownEpoch } from './known-epoch.ts';
import { transition } from './machine.ts';
import { type Effect, initialMachine, type Machine, type Untimed } from './machine-types.ts';
import { type MakeProofs, ServerCalls } from './server-calls.ts';
import type { ServerLink } from './server-link.ts';
import { UserCalls } from './user-calls.ts';

/** What packets wait for. Not `helperDown`: the gateway has dropped the peer already, and the prompt comes first. */
const URGENT: ReadonlySet<Effect['type']> = new Set(['requestConnection', 'helperUp']);

export interface DriverOptions {
  helper: Pick<HelperClient, 'up' | 'down' | 'refresh' | 'about' | 'epoch'>;
  /** Milliseconds since 1970, this computer's clock. */
  now: () => number;
  /** What to add to it for the server's. */
  clockOffsetMs: () => number;
  random: () => number;
  log: Logger;
  makeProofs: MakeProofs;
  onChange: (machine: Machine) => void;
  onNotice: (kind: Notice['kind'], text: string) => void;
  onForgetSession: () => void;
  onServerTime: (time: number) => void;
  /** What the server wants held back while the gate waits; comes with a lease, after the lease. */
  onGuard: (token: string) => void;
}

/** Holds the machine: feeds it one event after the other and has its parts do what it asks for. */
export class Driver {
  readonly #options: DriverOptions;
  readonly #parts: EffectParts;
  readonly #queue: Untimed[] = [];
  readonly #epoch: KnownEpoch;
  #machine = initialMachine;
  #isFeeding = false;

  constructor(options: DriverOptions) {
    const { random, log, makeProofs, onNotice, onForgetSession, onServerTime, onGuard } = options;
    this.#options = options;
    const feed = (event: Untimed) => this.feed(event);
    const user = new UserCalls(feed);
    const helper = new HelperCalls(feed, options.helper);
    const isWanted = (id: number) => this.#machine.request?.id === id;
    this.#epoch = new KnownEpoch(options.helper);
    const server = new ServerCalls({
      ...{ feed, user, helper, epoch: this.#epoch, makeProofs, isWanted, onServerTime, onGuard, random, log },
    });
    const timers = new ConnectionTimers({ feed, random, serverNow: () => this.#serverNow() });
    this.#parts = { server, helper, timers, user, onNotice, onForgetSession };
  }

  get machine(): Machine {
    return this.#machine;
  }

  /** What packets and requests wait for comes first, then everybody sees the new state, then the rest. */
  feed(event: Untimed): void {
    this.#queue.push(event);
    if (this.#isFeeding) return;
    this.#isFeeding = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#step(next);
    } finally {
      this.#isFeeding = false;
    }
  }

  setLink(link: ServerLink | null): void {
    this.#parts.server.setLink(link);
  }

  /** Null: accepted. Codes are normalised already. */
  submit(answers: readonly ProofAnswer[]): Promise<Problem | null> {
    return this.#parts.user.submit(answers);
  }

  renew(): Promise<Problem | null> {
    return this.#parts.user.renew();
  }

  helperReady(): void {
    this.feed({ type: 'helper.ready' });
    void this.#epoch.ask();
  }

  helperStatus(status: HelperStatus): void {
    const at = status.lastHandshakeAt;
    const handshakeAgeMs = at === null ? null : this.#options.now() - Date.parse(at);
    this.feed({ type: 'helper.status', status, handshakeAgeMs });
  }

  /** Ends every timer; resolves once the leases that were given back are (at most 2 s). */
  async stop(): Promise<void> {
    this.#parts.timers.stop();
    await this.#parts.server.stop();
  }

  #step(event: Untimed): void {
    const { log, onChange } = this.#options;
    const before = this.#machine;
    const { machine, effects } = transition(before, { ...event, at: this.#serverNow() });
    this.#machine = machine;
    if (before.view.phase !== machine.view.phase)
      log.info({ from: before.view.phase, to: machine.view.phase, event: event.type }, 'connection');
    const urgent = effects.findLastIndex(({ type }) => URGENT.has(type)) + 1;
    for (const effect of effects.slice(0, urgent)) runEffect(effect, this.#parts);
    if (machine.view !== before.view || machine.policy !== before.policy) onChange(machine);
    for (const effect of effects.slice(urgent)) runEffect(effect, this.#parts);
  }

  #serverNow(): number {
    return this.#options.now() + this.#options.clockOffsetMs();
  }
}
