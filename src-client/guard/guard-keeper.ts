import type { Logger } from 'pino';
import type { GuardAnswer } from '../../src-shared/client-api.ts';
import { GUARD_RENEWAL_SECONDS, type GuardEvent } from '../../src-shared/guard.ts';
import type { HelperStatus } from '../../src-shared/helper-rpc.ts';
import type { Result } from '../../src-shared/problem.ts';
import type { HelperClient } from '../tunnel/helper-client.ts';
import { GuardHandover } from './guard-handover.ts';

/** The server of the open session, as the guard needs it. */
export interface GuardLink {
  deviceId: string;
  guard(): Promise<Result<GuardAnswer>>;
  sendGuardEvents(events: GuardEvent[]): void;
  /** The code of a problem; null: nothing should be held back, or it is. */
  sendGuardFailed(code: string | null): void;
}

export interface GuardKeeperOptions {
  helper: Pick<HelperClient, 'isReady' | 'ensure' | 'guard'>;
  /** Milliseconds since 1970 by the server's clock. */
  serverNow: () => number;
  log: Logger;
}

/**
 * Carries between server and helper what is held back while the gate waits: the server's word goes to the helper, and
 * is asked for anew before it runs out; what happened on the computer goes to the server.
 */
export class GuardKeeper {
  readonly #options: GuardKeeperOptions;
  readonly #handover: GuardHandover;
  #link: GuardLink | null = null;
  #isChannelOpen = false;
  #hasGiven = false;
  #isAsking = false;
  #status: HelperStatus | null = null;
  /** Milliseconds since 1970: the newest event that went out on this channel. */
  #toldAt = 0;

  constructor(options: GuardKeeperOptions) {
    this.#options = options;
    this.#handover = new GuardHandover(options);
  }

  /** Whether a team's word is in force, as far as the helper has said: only a server or an administrator ends that. */
  get isInForce(): boolean {
    const { mode = 'off', until = null } = this.#status?.guard ?? {};
    return mode !== 'off' && until !== null;
  }

  /** Where the servers of this computer's guards answer, `address:port`: what the helper lets out though names are dead. */
  get control(): readonly string[] {
    return this.#status?.guard?.control ?? [];
  }

  /** From wherever the server has sent it. Resolves when the helper has answered, or is away. */
  given(token: string): Promise<void> {
    this.#hasGiven = true;
    this.#tellEvents();
    return this.#handover.give(token);
  }

  /** The last of a session, which cannot be asked for again: a helper that is only just coming is tried first. */
  async givenLast(token: string): Promise<void> {
    await this.#options.helper.ensure();
    await this.given(token);
  }

  begin(link: GuardLink): void {
    this.#link = link;
    this.#isChannelOpen = false;
    this.#hasGiven = false;
    this.#handover.forget(link.deviceId);
    this.#tellFailure();
  }

  end(): void {
    this.#link = null;
    this.#isChannelOpen = false;
  }

  channelOpened(): void {
    this.#isChannelOpen = true;
    this.#toldAt = 0;
    this.#tellEvents();
    this.look();
  }

  channelLost(): void {
    this.#isChannelOpen = false;
  }

  helperReady(): void {
    void this.#handover.handOver();
    this.look();
  }

  helperLost(): void {
    this.#status = null;
  }

  heard(status: HelperStatus): void {
    const before = this.#status?.guard?.portalUntil ?? null;
    const portalUntil = status.guard?.portalUntil ?? null;
    this.#status = status;
    this.#tellEvents();
    this.#tellFailure();
    // Where the way to the server was only just opened, the server may answer elsewhere than before.
    if (portalUntil !== null && portalUntil !== before) this.look();
  }

  /** Asks the server for its word where the helper does not know it, or not for long any more. */
  look(): void {
    const link = this.#link;
    if (!link || !this.#isChannelOpen || this.#isAsking || !this.#isDue(link)) return;
    this.#isAsking = true;
    void this.#ask(link).finally(() => {
      this.#isAsking = false;
      if (link !== this.#link) this.look();
    });
  }

  async #ask(link: GuardLink): Promise<void> {
    const answer = await link.guard();
    if (!answer.ok) this.#options.log.info({ code: answer.problem.code }, 'no guard from the server');
    else if (link === this.#link) await this.given(answer.value.guard);
  }

  #isDue({ deviceId }: GuardLink): boolean {
    const guard = this.#status?.guard;
    if (!guard || !this.#options.helper.isReady) return false;
    if (!this.#handover.isSettled(deviceId) || guard.portalUntil !== null) return true;
    const lastsMs = guard.until === null ? Infinity : Date.parse(guard.until) - this.#options.serverNow();
    return guard.mode !== 'off' && lastsMs < GUARD_RENEWAL_SECONDS * 1000;
  }

  #tellFailure(): void {
    if (this.#status) this.#link?.sendGuardFailed(this.#status.guard?.failed?.code ?? null);
  }

  /** Only to a server that gives guards: another one would not understand the frame. */
  #tellEvents(): void {
    if (!this.#link || !this.#isChannelOpen || !this.#hasGiven) return;
    const events = (this.#status?.guardEvents ?? []).filter(({ at }) => Date.parse(at) > this.#toldAt);
    const newest = events.at(-1);
    if (!newest) return;
    this.#toldAt = Date.parse(newest.at);
    this.#link.sendGuardEvents(events);
  }
}
