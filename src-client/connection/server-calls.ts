import type { Logger } from 'pino';
import type { Challenge, Proof } from '../../src-shared/challenge.ts';
import { fail, problem, type Result } from '../../src-shared/problem.ts';
import type { ProofAnswer } from '../../src-shared/unlock.ts';
import type { ConnectReply } from '../control/rest.ts';
import type { WireGuardKeyPair } from '../tunnel/wireguard-keys.ts';
import { endLeases } from './farewell.ts';
import type { HelperCalls } from './helper-calls.ts';
import type { KnownEpoch } from './known-epoch.ts';
import { summarizeLease } from './lease-summary.ts';
import type { ConnectionOutcome, Effect, Feed } from './machine-types.ts';
import type { ServerLink } from './server-link.ts';
import type { UserCalls } from './user-calls.ts';

/** Answers → proofs for this challenge, in order. May ask the user; `signal` takes that back. Never rejects. */
export type MakeProofs = (
  answers: readonly ProofAnswer[],
  challenge: Challenge,
  signal: AbortSignal,
) => Promise<Result<Proof[]>>;

type ConnectionEffect = Extract<Effect, { type: 'requestConnection' }>;

export interface ServerCallsOptions {
  feed: Feed;
  user: Pick<UserCalls, 'takeTyped'>;
  helper: Pick<HelperCalls, 'keyPair' | 'granted' | 'forget' | 'about'>;
  epoch: Pick<KnownEpoch, 'current' | 'setDevice'>;
  makeProofs: MakeProofs;
  /** Whether the machine still waits for request `id`. */
  isWanted: (id: number) => boolean;
  /** The server's clock just now: milliseconds since 1970, to the second. */
  onServerTime: (time: number) => void;
  onGuard: (token: string) => void;
  random: () => number;
  log: Logger;
}

/** What the machine asks of the server of the open session. Without a session the answer is `signed-out`. */
export class ServerCalls {
  readonly #options: ServerCallsOptions;
  /** By the id of their request. */
  readonly #making = new Map<number, AbortController>();
  readonly #farewells: ReturnType<typeof endLeases>;
  #link: ServerLink | null = null;

  constructor(options: ServerCallsOptions) {
    this.#options = options;
    this.#farewells = endLeases({ random: options.random, log: options.log });
  }

  setLink(link: ServerLink | null): void {
    this.#link = link;
    this.#options.epoch.setDevice(link?.deviceId ?? null);
  }

  requestConnection(effect: ConnectionEffect): Promise<void> {
    return effect.proof ? this.#prove(effect, effect.proof.ticket) : this.#request(effect);
  }

  /** Takes back the question of the system that request `id` waits for. */
  abandonProof(id: number): void {
    this.#making.get(id)?.abort();
  }

  async askEpoch(id: number): Promise<void> {
    const me = this.#link ? await this.#link.me() : fail('signed-out');
    const outcome = me.ok
      ? { epoch: me.value.epoch, leaseId: me.value.connection?.leaseId ?? null }
      : { refused: me.problem };
    this.#options.feed({ type: 'answer.epoch', id, outcome });
  }

  deleteConnection(leaseId: string): void {
    this.#options.helper.forget(leaseId);
    if (this.#link) this.#farewells.add(this.#link, leaseId);
  }

  sendStatus(phase: string, leaseId: string | null): void {
    this.#link?.sendStatus(phase, leaseId);
  }

  restart(): void {
    this.#link?.restart();
  }

  warm(): void {
    const warmed = this.#link;
    // The prompt comes first.
    setImmediate(() => warmed?.warm());
  }

  /** Resolves once the leases that were given back are (at most 2 s). */
  async stop(): Promise<void> {
    for (const abandoned of this.#making.values()) abandoned.abort();
    await this.#farewells.finish();
  }

  /** What was typed is let go of here, whatever comes of it. A request that was dropped meanwhile sends nothing. */
  async #prove(effect: ConnectionEffect, ticket: number): Promise<void> {
    const { feed, user, makeProofs, isWanted } = this.#options;
    const { id, challenge } = effect;
    const answers = user.takeTyped(ticket);
    const abandoned = new AbortController();
    this.#making.set(id, abandoned);
    const made = challenge
      ? await makeProofs(answers, challenge, abandoned.signal)
      : fail('challenge-invalid');
    this.#making.delete(id);
    if (!isWanted(id)) return;
    if (!made.ok) {
      const outcome = { refused: made.problem, challenge: null, mayHaveArrived: false };
      feed({ type: 'answer.connection', id, outcome });
      return;
    }
    const answered = this.#request(effect, made.value);
    feed({ type: 'proof-sent', id });
    await answered;
  }

  async #request(effect: ConnectionEffect, proofs?: Proof[]): Promise<void> {
    const { feed, helper, epoch, onGuard } = this.#options;
    const { id, gatewayId, challenge, moveOf } = effect;
    const knownEpoch = Math.max(effect.knownEpoch, epoch.current);
    const keyPair = helper.keyPair(effect.keyPair);
    const reply = this.#link
      ? await this.#link.connect({
          gatewayId,
          wgPublicKey: keyPair.publicKey,
          ...(challenge === null ? {} : { challengeId: challenge.id }),
          ...(moveOf === null ? {} : { moveOf }),
          ...(proofs ? { proofs } : {}),
          ...(knownEpoch > 0 ? { knownEpoch } : {}),
          ...(helper.about === null ? {} : { helper: helper.about }),
        })
      : { ok: false as const, problem: problem('signed-out'), mayHaveArrived: false, challenge: null };
    feed({ type: 'answer.connection', id, outcome: this.#outcomeOf(reply, gatewayId, keyPair) });
    // The tunnel comes first, and this whatever becomes of the tunnel.
    if (reply.ok && reply.value.guard !== undefined) onGuard(reply.value.guard);
  }

  #outcomeOf(reply: ConnectReply, gatewayId: string, keyPair: WireGuardKeyPair): ConnectionOutcome {
    if (!reply.ok) {
      const { problem: refused, challenge, mayHaveArrived } = reply;
      return { refused, challenge, mayHaveArrived };
    }
    const summary = summarizeLease(reply.value, gatewayId);
    if (!summary) return { refused: problem('protocol-error'), challenge: null, mayHaveArrived: true };
    const { lease, issuedAt } = summary;
    // By the clock that the lease ends by, which may have been set since the channel opened.
    this.#options.onServerTime(issuedAt);
    this.#options.helper.granted(lease.leaseId, reply.value.lease, keyPair);
    return { granted: lease };
  }
}
