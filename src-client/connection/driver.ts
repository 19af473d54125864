import { createHmac, randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { createBackoff } from '../../src-node/backoff.ts';
import type { Challenge, Proof } from '../../src-shared/challenge.ts';
import type { MeAnswer } from '../../src-shared/client-api.ts';
import { assertNever } from '../../src-shared/connection-state.ts';
import type { HelperStatus } from '../../src-shared/helper-rpc.ts';
import { fail, type Problem, problem, type Result } from '../../src-shared/problem.ts';
import type { ProofAnswer } from '../../src-shared/unlock.ts';
import { startLongTimer } from '../clock/long-timer.ts';
import type { ConnectReply } from '../control/rest.ts';
import type { Notice } from '../snapshot/snapshot.ts';
import type { HelperClient } from '../tunnel/helper-client.ts';
import { createKeyPairSupply, type WireGuardKeyPair } from '../tunnel/wireguard-keys.ts';
import { endLeases } from './farewell.ts';
import { summarizeLease } from './lease-summary.ts';
import { transition } from './machine.ts';
import {
  type Effect,
  initialMachine,
  type Machine,
  type MachineEvent,
  type ProofPart,
} from './machine-types.ts';

/** No answer from the gateway for this long after `up`: the path is taken for dead. */
const HANDSHAKE_PATIENCE_MS = 10_000;

/** What packets wait for. Not `helperDown`: the gateway has dropped the peer already, and the prompt comes first. */
const URGENT: ReadonlySet<Effect['type']> = new Set(['requestConnection', 'helperUp']);

/** The server of the open session, as the driver needs it. */
export interface ServerLink {
  connect(request: ConnectionRequest): Promise<ConnectReply>;
  me(): Promise<Result<MeAnswer>>;
  deleteConnection(leaseId: string): Promise<Result<void>>;
  warm(): void;
  sendStatus(phase: string, leaseId: string | null): void;
  /** New channel, new connections. */
  restart(): void;
}

export interface ConnectionRequest {
  gatewayId: string;
  wgPublicKey: string;
  challengeId?: string;
  proofs?: Proof[];
}

export interface DriverOptions {
  helper: Pick<HelperClient, 'up' | 'down'>;
  /** Milliseconds since 1970, this computer's clock. */
  now: () => number;
  /** What to add to it for the server's. */
  clockOffsetMs: () => number;
  random: () => number;
  log: Logger;
  /** Answers → proofs for this challenge, in order. May ask the user; `signal` takes that back. Never rejects. */
  makeProofs: (
    answers: readonly ProofAnswer[],
    challenge: Challenge,
    signal: AbortSignal,
  ) => Promise<Result<Proof[]>>;
  onChange: (machine: Machine) => void;
  onNotice: (kind: Notice['kind'], text: string) => void;
  onForgetSession: () => void;
}

export type Untimed<E = MachineEvent> = E extends unknown ? Omit<E, 'at'> : never;

/** Runs what the machine asks for and feeds the answers back. What was typed, keys and leases live here only. */
export interface Driver {
  readonly machine: Machine;
  feed(event: Untimed): void;
  setLink(link: ServerLink | null): void;
  /** Null: accepted. Codes are normalised already. */
  submit(answers: readonly ProofAnswer[]): Promise<Problem | null>;
  renew(): Promise<Problem | null>;
  helperStatus(status: HelperStatus): void;
  /** Ends every timer; resolves once the leases that were given back are (at most 2 s). */
  stop(): Promise<void>;
}

type ConnectionEffect = Extract<Effect, { type: 'requestConnection' }>;

interface Grant {
  lease: string;
  keyPair: WireGuardKeyPair;
}

export function createDriver(options: DriverOptions): Driver {
  const { helper, now, clockOffsetMs, random, log, makeProofs, onChange, onNotice, onForgetSession } =
    options;
  const keyPairs = createKeyPairSupply();
  const fingerprintKey = randomBytes(32);
  const backoff = createBackoff({ random });
  const typed = new Map<number, readonly ProofAnswer[]>();
  const making = new Map<number, AbortController>();
  const waiting = new Map<number, (answer: Problem | null) => void>();
  const grants = new Map<string, Grant>();
  const queue: Untimed[] = [];
  const farewells = endLeases({ random, log });
  let machine = initialMachine;
  let link: ServerLink | null = null;
  let isFeeding = false;
  let running: Grant | null = null;
  let lastTicket = 0;
  let retryTimer: NodeJS.Timeout | undefined;
  let handshakeTimer: NodeJS.Timeout | undefined;
  let expiryTimer: { cancel(): void } | null = null;

  const serverNow = () => now() + clockOffsetMs();

  /** What packets and requests wait for comes first, then everybody sees the new state, then the rest. */
  function feed(event: Untimed): void {
    queue.push(event);
    if (isFeeding) return;
    isFeeding = true;
    try {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const before = machine;
        const result = transition(machine, { ...next, at: serverNow() });
        machine = result.machine;
        if (before.view.phase !== machine.view.phase)
          log.info({ from: before.view.phase, to: machine.view.phase, event: next.type }, 'connection');
        const { effects } = result;
        const urgent = effects.findLastIndex(({ type }) => URGENT.has(type)) + 1;
        for (const effect of effects.slice(0, urgent)) run(effect);
        if (machine.view !== before.view || machine.policy !== before.policy) onChange(machine);
        for (const effect of effects.slice(urgent)) run(effect);
      }
    } finally {
      isFeeding = false;
    }
  }

  function run(effect: Effect): void {
    switch (effect.type) {
      case 'requestConnection':
        if (effect.proof) void prove(effect, effect.proof.ticket);
        else void requestConnection(effect);
        return;
      case 'abandonProof':
        making.get(effect.id)?.abort();
        return;
      case 'helperUp':
        void helperUp(effect.id, effect.leaseId);
        return;
      case 'helperDown':
        running = null;
        grants.clear();
        void helper
          .down()
          .then((refusal) => feed({ type: 'helper.down-answer', id: effect.id, problem: refusal }));
        return;
      case 'deleteConnection':
        grants.delete(effect.leaseId);
        if (link) farewells.add(link, effect.leaseId);
        return;
      case 'askEpoch':
        void askEpoch(effect.id);
        return;
      case 'scheduleRetry':
        scheduleRetry(effect.id, effect.attempt);
        return;
      case 'cancelRetry':
        clearTimeout(retryTimer);
        return;
      case 'watchHandshake':
        clearTimeout(handshakeTimer);
        handshakeTimer = setTimeout(
          () => feed({ type: 'handshake-late', id: effect.id }),
          HANDSHAKE_PATIENCE_MS,
        );
        return;
      case 'watchExpiry':
        expiryTimer?.cancel();
        expiryTimer = startLongTimer(Date.parse(effect.expiresAt) - serverNow(), () =>
          feed({ type: 'lease-expired', leaseId: effect.leaseId }),
        );
        return;
      case 'settle':
        waiting.get(effect.ticket)?.(effect.problem);
        waiting.delete(effect.ticket);
        typed.delete(effect.ticket);
        return;
      case 'notify':
        onNotice(effect.kind, effect.text);
        return;
      case 'channelStatus':
        link?.sendStatus(effect.phase, effect.leaseId);
        return;
      case 'restartChannel':
        link?.restart();
        return;
      case 'warmServer': {
        const warmed = link;
        // The prompt comes first.
        setImmediate(() => warmed?.warm());
        return;
      }
      case 'forgetSession':
        grants.clear();
        expiryTimer?.cancel();
        onForgetSession();
        return;
      default:
        assertNever(effect);
    }
  }

  /** What was typed is let go of here, whatever comes of it. A request that was dropped meanwhile sends nothing. */
  async function prove(effect: ConnectionEffect, ticket: number): Promise<void> {
    const { id, challenge } = effect;
    const answers = typed.get(ticket) ?? [];
    typed.delete(ticket);
    const abandoned = new AbortController();
    making.set(id, abandoned);
    const made = challenge
      ? await makeProofs(answers, challenge, abandoned.signal)
      : fail('challenge-invalid');
    making.delete(id);
    if (machine.request?.id !== id) return;
    if (!made.ok) {
      const outcome = { refused: made.problem, challenge: null, mayHaveArrived: false };
      feed({ type: 'answer.connection', id, outcome });
      return;
    }
    const answered = requestConnection(effect, made.value);
    feed({ type: 'proof-sent', id });
    await answered;
  }

  async function requestConnection(effect: ConnectionEffect, proofs?: Proof[]): Promise<void> {
    const { id, gatewayId, challenge, keyPair: kind } = effect;
    const keyPair = kind === 'keep' && running ? running.keyPair : keyPairs.take();
    const reply = link
      ? await link.connect({
          gatewayId,
          wgPublicKey: keyPair.publicKey,
          ...(challenge === null ? {} : { challengeId: challenge.id }),
          ...(proofs ? { proofs } : {}),
        })
      : { ok: false as const, problem: problem('signed-out'), mayHaveArrived: false, challenge: null };
    feed({ type: 'answer.connection', id, outcome: outcomeOf(reply, gatewayId, keyPair) });
  }

  function outcomeOf(reply: ConnectReply, gatewayId: string, keyPair: WireGuardKeyPair) {
    if (!reply.ok) {
      const { problem: refused, challenge, mayHaveArrived } = reply;
      return { refused, challenge, mayHaveArrived };
    }
    const granted = summarizeLease(reply.value, gatewayId);
    if (!granted) return { refused: problem('protocol-error'), challenge: null, mayHaveArrived: true };
    grants.set(granted.leaseId, { lease: reply.value.lease, keyPair });
    return { granted };
  }

  async function helperUp(id: number, leaseId: string): Promise<void> {
    const grant = grants.get(leaseId);
    if (!grant) {
      feed({ type: 'helper.up-answer', id, problem: problem('lease-invalid') });
      return;
    }
    running = grant;
    const refusal = await helper.up(grant.lease, grant.keyPair.privateKey);
    feed({ type: 'helper.up-answer', id, problem: refusal });
  }

  async function askEpoch(id: number): Promise<void> {
    const me = link ? await link.me() : null;
    if (me?.ok)
      feed({
        type: 'answer.epoch',
        id,
        outcome: { epoch: me.value.epoch, leaseId: me.value.connection?.leaseId ?? null },
      });
    else feed({ type: 'answer.epoch', id, outcome: { refused: me?.problem ?? problem('signed-out') } });
  }

  function scheduleRetry(id: number, attempt: number): void {
    if (attempt === 1) backoff.reset();
    clearTimeout(retryTimer);
    const delayMs = backoff.nextDelayMs();
    retryTimer = setTimeout(() => feed({ type: 'retry-due', id }), delayMs);
    feed({ type: 'retry-scheduled', id, nextTryAt: new Date(serverNow() + delayMs).toISOString() });
  }

  function partOf(answer: ProofAnswer): ProofPart {
    if (answer.method !== 'totp' && answer.method !== 'backup-code') return { method: answer.method };
    const { method, code } = answer;
    const fingerprint = createHmac('sha256', fingerprintKey).update(`${method} ${code}`).digest('hex');
    return { method, fingerprint };
  }

  function ask(event: (ticket: number) => Untimed): Promise<Problem | null> {
    lastTicket += 1;
    const ticket = lastTicket;
    return new Promise((resolve) => {
      waiting.set(ticket, resolve);
      feed(event(ticket));
    });
  }

  return {
    get machine() {
      return machine;
    },
    feed,
    setLink(next) {
      link = next;
    },
    submit: (answers) =>
      ask((ticket) => {
        typed.set(ticket, answers);
        return { type: 'user.submit', proof: { ticket, parts: answers.map(partOf) } };
      }),
    renew: () => ask((ticket) => ({ type: 'user.renew', ticket })),
    helperStatus(status) {
      const at = status.lastHandshakeAt;
      feed({ type: 'helper.status', status, handshakeAgeMs: at === null ? null : now() - Date.parse(at) });
    },
    async stop() {
      for (const abandoned of making.values()) abandoned.abort();
      clearTimeout(retryTimer);
      clearTimeout(handshakeTimer);
      expiryTimer?.cancel();
      await farewells.finish();
    },
  };
}
