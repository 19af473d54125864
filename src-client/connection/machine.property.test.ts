import fc from 'fast-check';
import { chai, describe, type ExpectStatic, it } from 'vitest';
import type { LeaseSummary } from '../../src-shared/connection-state.ts';
import { isGated } from '../../src-shared/policy.ts';
import { type ProblemCode, problem, problemKinds } from '../../src-shared/problem.ts';
import { promptOf } from './fitness.ts';
import { transition } from './machine.ts';
import type { Effect, Machine, ProofPart, ProofRef, Untimed } from './machine-types.ts';
import {
  gatedPolicy,
  MachineWorld,
  makeChallenge,
  makeId,
  makeLease,
  makeReason,
  makeStatus,
  makeUnlockChallenge,
  openPolicy,
} from './testing/machine-world.ts';

/** Vitest's own counts how often it is asked, which takes longer than the hundreds of thousands of checks here. */
const expect = chai.expect as unknown as ExpectStatic;

/** A server, a helper and a user that say anything at any time, also late, twice and out of order. */
const command = fc.record({
  kind: fc.constantFrom(
    ...([
      'connect',
      'connect',
      'submit',
      'submit',
      'submit',
      'submit',
      'cancel',
      'disconnect',
      'renew',
    ] as const),
    ...(['grant', 'grant', 'step-up', 'step-up', 'refuse', 'refuse', 'late-answer'] as const),
    ...([
      'hello',
      'channel-lost',
      'gateway-away',
      'gateways',
      'gateway-back',
      'ended-early',
      'kick',
      'kick',
      'old-frame',
      'expiring',
      'policy',
      'stopped',
      'session-ended',
      'sign-in',
    ] as const),
    ...([
      'up',
      'up',
      'up-answer',
      'starting',
      'down',
      'helper-lost',
      'helper-ready',
      'old-up',
      'down-answer',
      'down-due',
    ] as const),
    ...(['epoch-ok', 'epoch-ok', 'epoch-none', 'epoch-other', 'epoch-refused', 'late-epoch'] as const),
    ...(['sent', 'sent', 'not-made', 'not-made', 'cancel-prompt', 'lock'] as const),
    ...(['path-check', 'refreshed'] as const),
    ...(['retry', 'late-handshake', 'expired', 'suspend', 'wake', 'network', 'time'] as const),
  ),
  pick: fc.nat(1000),
  flag: fc.boolean(),
});
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

const refusals: ProblemCode[] = [
  'invalid-code',
  'invalid-code',
  'code-already-used',
  'too-many-attempts',
  'server-unreachable',
  'gateway-unavailable',
  'member-blocked',
  'session-invalid',
  'challenge-invalid',
  'factor-disabled',
  'wrong-pin',
  'wrong-pin',
  'pin-removed',
  'unlock-refused',
  'unlock-not-enrolled',
];
/** What becomes of an answer that this computer cannot make a proof of. */
const notMade: ProblemCode[] = [
  'cancelled',
  'prompt-timeout',
  'unlock-refused',
  'unlock-key-missing',
  'keychain-locked',
  'keychain-unavailable',
];
const NOT_LOOKED_AT: string[] = [
  'challenge-invalid',
  'too-many-attempts',
  'wrong-pin',
  'pin-removed',
  'unlock-refused',
  'unlock-not-enrolled',
];

/** What a person may answer with; the codes are few, so that they come again. */
function partsOf(pick: number): ProofPart[] {
  const totp: ProofPart = { method: 'totp', fingerprint: `totp${pick % 2}` };
  const answers: ProofPart[][] = [
    [totp],
    [totp],
    [{ method: 'backup-code', fingerprint: `backup-code${pick % 2}` }],
    [{ method: 'pin' }],
    [{ method: 'uv-soft' }],
    [{ method: 'uv-hw' }],
    [totp, { method: 'pin' }],
    [totp, { method: 'uv-soft' }],
  ];
  return answers[pick % answers.length] ?? [totp];
}

function anyChallenge(pick: number, reason = pick % 2 === 0 ? makeReason() : null) {
  // Over, about to be, and good for long.
  const ends = ['2020-01-01T00:00:00.000Z', '2026-11-21T12:00:30.000Z', '2040-01-01T00:00:00.000Z'];
  const expiresAt = ends[pick % ends.length] ?? '';
  if (pick % 5 < 2) return makeChallenge(reason, expiresAt);
  const requires = pick % 5 === 2 ? (['totp', 'unlock'] as const) : (['unlock'] as const);
  const waitUntil = pick % 7 === 0 ? '2026-11-21T12:00:20.000Z' : null;
  const unlockMethods = pick % 11 === 0 ? (['pin'] as const) : (['pin', 'uv-hw', 'uv-soft'] as const);
  const change = { reason, expiresAt, requires: [...requires], unlockMethods: [...unlockMethods] };
  return makeUnlockChallenge(change, { waitUntil });
}

/** What the world knows besides the machine, to judge it by. */
class Judge {
  readonly world = new MachineWorld();
  serverEpoch = 1;
  heardEpoch = -1;
  granted = new Map<string, number>();
  ended = new Set<string>();
  frames: Extract<Untimed, { type: 'server.disconnect' }>[] = [];
  /** Fingerprint of a proof that must never be sent again → when it was sent. */
  sent = new Map<string, { at: number; mayRepeat: boolean }>();
  proofOf = new Map<number, string>();
  isGateDue = false;
  /** The gateway of the newest connect, or of a move that was under way then. */
  chosen: string | null = null;
  mustConfirm = false;
  isTunnelUp = false;
  isAsked = false;
  /** The walk has come to a lease that went on elsewhere without the client hearing of it. */
  isMovedOn = false;
  openTickets = new Set<number>();
  /** Requests whose proof is being made: a question of the system may be on screen. */
  making = new Set<number>();
  /** The next lease to be granted: already ended by a frame that was faster. */
  doomed: LeaseSummary | null = null;
  ticket = 1_000_000;
  /** Leases that a move was asked for, and what came of it: refused for good, or heard not to be alive any more. */
  moves = new Map<string, { isRefused: boolean; isEnded: boolean }>();

  toEvent(c: Command): Untimed | null {
    const { machine: m } = this.world;
    const requests = this.world.allEffects.filter((effect) => effect.type === 'requestConnection');
    const current = m.request?.id ?? null;
    const old = requests.at(c.pick % Math.max(1, requests.length))?.id ?? 0;
    /** Of the gateway that was asked for. */
    const lease = (requestId: number | null) => {
      const gatewayId = requests.find(({ id }) => id === requestId)?.gatewayId ?? 'gw';
      const epoch = c.flag ? this.serverEpoch : c.pick % (this.serverEpoch + 1);
      const made = { ...(this.doomed ?? makeLease(epoch)), gatewayId };
      this.granted.set(made.leaseId, made.epoch);
      this.doomed = null;
      return made;
    };
    const refusal = problem(refusals[c.pick % refusals.length] ?? 'invalid-code', undefined, {
      retryAfterMs: 20_000,
    });
    switch (c.kind) {
      case 'sign-in':
        return { type: 'signed-in' };
      case 'session-ended':
        return c.pick % 4 === 0 ? { type: 'session-ended', reason: null } : null;
      case 'connect':
        return {
          ...{ type: 'user.connect', gatewayId: c.flag ? 'gw' : 'gw2', source: 'cli' },
          isAuto: c.pick % 3 > 0,
        };
      case 'submit': {
        this.ticket += 1;
        this.openTickets.add(this.ticket);
        return { type: 'user.submit', proof: { ticket: this.ticket, parts: partsOf(c.pick) } };
      }
      case 'renew':
        this.ticket += 1;
        this.openTickets.add(this.ticket);
        return { type: 'user.renew', ticket: this.ticket };
      case 'sent':
        return { type: 'proof-sent', id: c.flag ? (current ?? 0) : old };
      case 'not-made': {
        if (current === null || m.request?.isSent) return null;
        const code = notMade[c.pick % notMade.length] ?? 'cancelled';
        const outcome = { refused: problem(code), challenge: null, mayHaveArrived: false };
        return { type: 'answer.connection', id: current, outcome };
      }
      case 'cancel-prompt':
        return { type: 'user.cancel-prompt' };
      case 'lock':
        return { type: 'lock' };
      case 'cancel':
        return { type: 'user.cancel', source: 'cli' };
      case 'disconnect':
        return { type: 'user.disconnect', source: 'cli' };
      case 'grant':
        return current === null
          ? null
          : { type: 'answer.connection', id: current, outcome: { granted: lease(current) } };
      case 'late-answer':
        if (old === current) return null;
        return { type: 'answer.connection', id: old, outcome: { granted: lease(old) } };
      case 'step-up': {
        if (current === null) return null;
        const code = c.flag ? 'step-up-required' : 'challenge-invalid';
        const challenge = anyChallenge(c.pick);
        return {
          type: 'answer.connection',
          id: current,
          outcome: { refused: problem(code), challenge, mayHaveArrived: true },
        };
      }
      case 'refuse':
        if (current === null) return null;
        return {
          type: 'answer.connection',
          id: current,
          outcome: { refused: refusal, challenge: null, mayHaveArrived: c.flag },
        };
      case 'hello':
        return { type: 'channel.opened', epoch: this.serverEpoch };
      case 'channel-lost':
        return { type: 'channel.lost' };
      case 'gateway-away':
      case 'gateway-back':
        return {
          type: 'server.gateway',
          gatewayId: c.pick % 4 === 0 ? 'other' : (m.gatewayId ?? 'gw'),
          isOnline: c.kind === 'gateway-back',
        };
      case 'gateways':
        return {
          type: 'server.gateways',
          online: ['gw', 'gw2', 'other'].filter((_, at) => (c.pick >> at) & 1),
          troubled: c.flag ? ['gw', 'gw2'] : [],
        };
      case 'path-check':
        return { type: 'path-check-due', id: m.pathCheck?.id ?? c.pick };
      case 'refreshed':
        return {
          type: 'helper.refresh-answer',
          id: m.pathCheck?.id ?? c.pick,
          problem: c.flag ? null : problem(c.pick % 2 === 0 ? 'not-supported' : 'tunnel-failed'),
        };
      case 'kick': {
        this.serverEpoch += 1;
        const frame = {
          type: 'server.disconnect' as const,
          epoch: this.serverEpoch,
          leaseId: m.lease?.leaseId ?? null,
          reason: makeReason(['administrator', 'policy-changed', 'idle', 'replaced'][c.pick % 4]),
          challenge: c.flag ? anyChallenge(c.pick, makeReason()) : null,
        };
        this.frames.push(frame);
        return c.pick % 5 === 0 ? null : frame;
      }
      case 'ended-early': {
        this.doomed = makeLease(this.serverEpoch);
        const { leaseId, epoch } = this.doomed;
        return { type: 'server.disconnect', epoch, leaseId, reason: makeReason('idle'), challenge: null };
      }
      case 'old-frame':
        return this.frames.at(c.pick % Math.max(1, this.frames.length)) ?? null;
      case 'expiring':
        return m.lease
          ? { type: 'server.lease-expiring', leaseId: m.lease.leaseId, expiresAt: m.lease.expiresAt }
          : null;
      case 'policy':
        return {
          type: 'server.policy',
          policy: { ...(c.flag ? gatedPolicy : openPolicy), moveWithoutCode: c.pick % 4 > 0 },
        };
      case 'stopped':
        return c.pick % 4 === 0 ? { type: 'channel.stopped', problem: problem('protocol-error') } : null;
      case 'up':
      case 'starting': {
        const phase = c.kind === 'up' ? 'up' : 'starting';
        const ages = [190_000, null, c.pick, c.pick];
        const handshakeAgeMs = ages[c.pick % 4] ?? null;
        return m.lease
          ? { type: 'helper.status', status: makeStatus(phase, m.lease.leaseId), handshakeAgeMs }
          : null;
      }
      case 'old-up': {
        const leaseId = [...this.granted.keys()].at(c.pick % Math.max(1, this.granted.size));
        return leaseId
          ? { type: 'helper.status', status: makeStatus('up', leaseId), handshakeAgeMs: 5 }
          : null;
      }
      case 'down':
        return { type: 'helper.status', status: makeStatus('down'), handshakeAgeMs: null };
      case 'up-answer': {
        const refused = (['tunnel-failed', 'untrusted-server', 'lease-expired'] as const)[c.pick % 3];
        return {
          type: 'helper.up-answer',
          id: m.upCall ?? c.pick,
          problem: c.flag ? null : problem(refused ?? 'tunnel-failed'),
        };
      }
      case 'down-answer': {
        const refusal = c.flag ? null : problem('tunnel-failed');
        return { type: 'helper.down-answer', id: m.downCall ?? c.pick, problem: refusal };
      }
      case 'down-due':
        return { type: 'down-due', id: m.downCall ?? c.pick };
      case 'helper-lost':
        return {
          type: 'helper.lost',
          problem: problem(c.pick % 5 === 0 ? 'helper-untrusted' : 'helper-unavailable'),
        };
      case 'helper-ready':
        return { type: 'helper.ready' };
      case 'epoch-ok':
      case 'epoch-other':
      case 'epoch-none': {
        if (m.epochQuestion === null) return null;
        const other = c.kind === 'epoch-other' ? makeId() : null;
        const leaseId = c.kind === 'epoch-ok' ? (m.lease?.leaseId ?? null) : other;
        return { type: 'answer.epoch', id: m.epochQuestion, outcome: { epoch: this.serverEpoch, leaseId } };
      }
      case 'late-epoch':
        return {
          type: 'answer.epoch',
          id: (m.epochQuestion ?? 2) - 1,
          outcome: { epoch: this.serverEpoch, leaseId: m.lease?.leaseId ?? null },
        };
      case 'epoch-refused':
        return { type: 'answer.epoch', id: m.epochQuestion ?? c.pick, outcome: { refused: refusal } };
      case 'retry':
        return { type: 'retry-due', id: m.retry ?? c.pick };
      case 'late-handshake':
        return { type: 'handshake-late', id: m.handshakeWatch ?? c.pick };
      case 'expired':
        return m.lease ? { type: 'lease-expired', leaseId: m.lease.leaseId } : null;
      case 'suspend':
        return { type: 'suspend' };
      case 'wake':
        return { type: 'wake' };
      case 'network':
        return { type: 'network-changed' };
      case 'time':
        this.world.at += c.pick * 60;
        return null;
    }
  }

  run(c: Command): void {
    const event = this.toEvent(c);
    if (event === null) return;
    const { request } = this.world.machine;
    // The server answers nothing that it was not sent.
    const isAnswer = event.type === 'answer.connection' && event.id === request?.id && c.kind !== 'not-made';
    if (isAnswer && !request?.isSent) this.step({ type: 'proof-sent', id: event.id });
    this.step(event);
  }

  private step(event: Untimed): void {
    const before = this.world.machine;
    this.note(before, event);
    this.world.feed(event);
    this.judge(before, event);
  }

  /** What an observer learns from the event itself, before the machine has said anything. */
  private note(before: Machine, event: Untimed): void {
    if (before.view.phase === 'signed-out') return;
    if (event.type === 'channel.opened' || event.type === 'server.disconnect') this.hear(event.epoch);
    if (event.type === 'server.disconnect' && event.leaseId && event.reason.code !== 'replaced')
      this.ended.add(event.leaseId);
    if (event.type === 'answer.epoch' && event.id === before.epochQuestion && 'epoch' in event.outcome) {
      this.hear(event.outcome.epoch);
      if (event.outcome.leaseId === before.lease?.leaseId) this.mustConfirm = false;
      this.noteMoveEnded(before, event.outcome);
    }
    if (event.type === 'user.connect') this.chosen = event.gatewayId;
    if (event.type === 'user.submit' || event.type === 'user.connect') this.isGateDue = false;
    if (event.type === 'proof-sent' && event.id === before.request?.id && !before.request.isSent) {
      this.making.delete(event.id);
      this.noteSent(before.request.proof);
    }
    if (event.type === 'answer.connection') this.making.delete(event.id);
    if (['wake', 'suspend', 'network-changed'].includes(event.type)) this.mustConfirm = before.lease !== null;
    if (event.type === 'answer.connection' && event.id === before.request?.id)
      this.noteAnswer(before, event.outcome);
  }

  private noteAnswer(
    before: Machine,
    outcome: Extract<Untimed, { type: 'answer.connection' }>['outcome'],
  ): void {
    if (!before.request?.isSent || 'granted' in outcome) return;
    const { code } = outcome.refused;
    const move = this.moves.get(before.lease?.leaseId ?? '');
    const isForGood = outcome.challenge !== null || problemKinds[code].action !== 'retry';
    if (move && before.request.purpose === 'move' && isForGood && code !== 'gateway-unavailable')
      move.isRefused = true;
    const mayRepeat =
      NOT_LOOKED_AT.includes(code) || (code === 'server-unreachable' && !outcome.mayHaveArrived);
    for (const fingerprint of codesOf(before.request.proof)) {
      const sent = this.sent.get(fingerprint);
      if (sent) sent.mayRepeat = mayRepeat;
    }
  }

  private noteSent(proof: ProofRef | null): void {
    const { at } = this.world;
    for (const fingerprint of codesOf(proof)) {
      // 3. A spent or rejected code is never sent again.
      const known = this.sent.get(fingerprint);
      const isForgotten = fingerprint.startsWith('totp') && known && at - known.at >= 5 * 60_000;
      expect(known === undefined || known.mayRepeat || isForgotten).toBe(true);
      this.sent.set(fingerprint, { at, mayRepeat: false });
    }
  }

  /** A handshake was asked for and has not been heard of: whatever else happens, it is waited for. */
  private noteAsked(before: Machine, event: Untimed): void {
    const { machine: m } = this.world;
    if (event.type === 'helper.refresh-answer' && before.pathCheck?.step === 'asking')
      this.isAsked ||= event.id === before.pathCheck.id && event.problem === null;
    const isOurs = event.type === 'helper.status' && event.status.leaseId === before.lease?.leaseId;
    if (isOurs && event.status.phase === 'up' && event.handshakeAgeMs !== null) this.isAsked = false;
    if (m.lease === null || m.isUpOwed || this.world.effects.some(({ type }) => type === 'helperDown'))
      this.isAsked = false;
  }

  private hear(epoch: number): void {
    this.heardEpoch = Math.max(this.heardEpoch, epoch);
  }

  private judge(before: Machine, event: Untimed): void {
    const { machine: m, effects, at } = this.world;
    for (const effect of effects) {
      if (effect.type === 'helperUp') {
        this.isTunnelUp = true;
        // 1. Only a lease that was granted and that nothing newer has ended.
        expect(this.granted.get(effect.leaseId)).toBeGreaterThanOrEqual(this.heardEpoch);
        expect(this.ended.has(effect.leaseId)).toBe(false);
        expect(m.lease?.leaseId).toBe(effect.leaseId);
        if (event.type === 'answer.connection') expect(event.id).toBe(before.request?.id);
        // 3. Nothing goes past a gate by itself. Who was let in while none was asked for is in for good: should the team
        // change its mind, it is the server that ends that lease.
        if (m.policy !== null && !isGated(m.policy)) this.isGateDue = false;
        expect(this.isGateDue).toBe(false);
      }
      if (effect.type === 'helperDown') this.isTunnelUp = false;
      if (effect.type === 'requestConnection' && effect.proof) this.judgeProof(effect, event);
      if (effect.type === 'requestConnection') this.judgeMove(effect);
      if (effect.type === 'requestConnection') this.judgeChoice(effect);
      // 7. What the system asks is taken back once, and only while it asks.
      if (effect.type === 'abandonProof') expect(this.making.delete(effect.id)).toBe(true);
      if (effect.type === 'settle') {
        expect(this.openTickets.delete(effect.ticket)).toBe(true);
      }
    }
    // 2. A disconnect while connected is never silence.
    if (before.view.phase === 'connected' && event.type === 'server.disconnect')
      this.judgeDisconnect(before, event);
    // 4. There is always a way out.
    if (m.view.phase !== 'signed-out') expect(wayOut(m, at)).toBe('disconnected');
    // 5. Nothing is connected before the server has confirmed it, nor with a lease from before the newest epoch.
    if (m.lease === null) this.mustConfirm = false;
    if (m.view.phase === 'connected') {
      expect(this.mustConfirm).toBe(false);
      expect(m.view.lease.epoch).toBeGreaterThanOrEqual(this.heardEpoch);
    }
    // 8. Without a channel the gateway is asked, and a silent one is not shown as connected.
    this.noteAsked(before, event);
    const isInDoubt = !m.isChannelOpen || m.isGatewayAway || this.isAsked;
    if (m.view.phase === 'connected' && isInDoubt) expect(m.pathCheck).not.toBeNull();
    const isOver = event.type === 'path-check-due' && event.id === before.pathCheck?.id;
    if (isOver && before.pathCheck?.step === 'handshake') expect(m.view.phase).not.toBe('connected');
    // 6. Without a lease no tunnel is wanted.
    if (m.lease === null) expect(this.isTunnelUp).toBe(false);
    else expect(m.gatewayId).toBe(m.lease.gatewayId);
    this.chosen = m.lease?.gatewayId ?? this.chosen;
    if (m.view.phase === 'gate' && m.request === null && m.isAuto && m.online.length > 0)
      expect(m.online).toContain(m.view.prompt.gatewayId);
    if (['gate', 'disconnected', 'signed-out', 'disconnecting'].includes(m.view.phase))
      expect(m.lease).toBeNull();
    this.judgePrompt(before, event);
    this.judgeMoved(before, event);
    // Every call of the user is answered once: what is not answered is still under way.
    const waiting = [m.request?.proof?.ticket, m.request?.ticket, m.heldProof?.ticket].filter(
      (t) => typeof t === 'number',
    );
    expect([...this.openTickets].sort()).toEqual([...new Set(waiting)].sort());
    if (m.view.phase === 'gate' && !m.view.prompt.isChecking && m.view.prompt.prompting === null)
      this.isGateDue = true;
    if (m.view.phase === 'disconnecting' && m.view.next === 'gate') this.isGateDue = true;
    if (m.view.phase === 'signed-out') this.heardEpoch = -1;
  }

  /** 11. Only a lease whose gateway is gone goes elsewhere by itself, and only where nobody has chosen or forbidden it. */
  private judgeMove(effect: Extract<Effect, { type: 'requestConnection' }>): void {
    const { moveOf, gatewayId, proof, keyPair } = effect;
    const { lease, isAuto, isGatewayAway, path, online, policy } = this.world.machine;
    if (moveOf === null) return;
    expect({ isAuto, proof, keyPair }).toEqual({ isAuto: true, proof: null, keyPair: 'keep' });
    expect(moveOf).toBe(lease?.leaseId);
    expect(online).toContain(gatewayId);
    expect(policy?.moveWithoutCode).not.toBe(false);
    const move = this.moves.get(moveOf) ?? { isRefused: false, isEnded: false };
    this.moves.set(moveOf, move);
    expect(move.isRefused).toBe(false);
    if (move.isEnded) return;
    expect({ isGatewayAway, path }).toEqual({ isGatewayAway: true, path: 'dead' });
    expect(gatewayId).not.toBe(lease?.gatewayId);
  }

  /** 13. Without a lease the client's own choice is a gateway that the server hears, and the user's is kept. */
  private judgeChoice({ gatewayId }: Extract<Effect, { type: 'requestConnection' }>): void {
    const { lease, isAuto, online } = this.world.machine;
    if (lease !== null) return;
    if (!isAuto) expect(gatewayId).toBe(this.chosen);
    else if (online.length > 0) expect(online).toContain(gatewayId);
  }

  private noteMoveEnded({ lease, request }: Machine, { leaseId }: { leaseId: string | null }): void {
    const move = this.moves.get(lease?.leaseId ?? '');
    if (move && request === null && leaseId !== lease?.leaseId) move.isEnded = true;
  }

  /** 12. What a move that failed or was not answered has ended is not the end of access: only the server's word is. */
  private judgeMoved(before: Machine, event: Untimed): void {
    const { machine: m } = this.world;
    // The server may end it any moment.
    if (m.request?.purpose === 'move') expect(m.view.phase).not.toBe('connected');
    if (event.type !== 'answer.epoch' || event.id !== before.epochQuestion || 'refused' in event.outcome)
      return;
    const move = this.moves.get(before.lease?.leaseId ?? '');
    if (!move || move.isRefused || !before.isAuto || before.policy?.moveWithoutCode === false) return;
    if (event.outcome.epoch > (before.lease?.epoch ?? 0)) return;
    expect(m.lease).toEqual(before.lease);
    if (event.outcome.leaseId !== before.lease?.leaseId) {
      expect(m.view.phase).toBe('reconnecting');
      this.isMovedOn = true;
    }
  }

  /** Only an answer that fits goes out, to a challenge that lasts; a fresh one is not refreshed again. */
  private judgeProof(effect: Extract<Effect, { type: 'requestConnection' }>, event: Untimed): void {
    const { challenge, proof, id } = effect;
    const methods = proof?.parts.map(({ method }) => method) ?? [];
    const unlock = methods.filter((method) => method !== 'totp' && method !== 'backup-code');
    for (const method of unlock) expect(challenge?.unlockMethods).toContain(method);
    if (challenge?.requires.includes('unlock')) expect(unlock).toHaveLength(1);
    if (challenge?.requires.includes('totp')) expect(methods.length).toBeGreaterThan(unlock.length);
    const neededMs = proof && promptOf(proof) ? 50_000 : 2_000;
    if (event.type === 'user.submit')
      expect(Date.parse(challenge?.expiresAt ?? '') - this.world.at).toBeGreaterThanOrEqual(neededMs);
    this.making.add(id);
  }

  private judgePrompt(before: Machine, event: Untimed): void {
    const { request, view, heldProof } = this.world.machine;
    const isMaking = request?.proof && !request.isSent;
    expect([...this.making]).toEqual(isMaking ? [request.id] : []);
    // 8. The screen says that the system asks when it does, and at no other time.
    const prompt = view.phase === 'gate' ? view.prompt : view.phase === 'connected' ? view.renewal : null;
    const asked = isMaking && request.proof ? promptOf(request.proof) : null;
    expect(prompt?.prompting ?? null).toBe(asked);
    if (prompt?.prompting) expect(prompt.isChecking).toBe(false);
    // 9. A lock or a sleep leaves nothing typed behind, and no question of the system.
    if (event.type === 'lock' || event.type === 'suspend') {
      expect(isMaking ?? false).toBe(false);
      expect(heldProof).toBeNull();
    }
    // 10. To let a question be is no failure.
    if (event.type === 'answer.connection' && 'refused' in event.outcome && !before.request?.isSent) {
      const { code } = event.outcome.refused;
      if (event.id === before.request?.id && (code === 'cancelled' || code === 'prompt-timeout'))
        expect(prompt?.lastFailure).toEqual(
          before.view.phase === 'gate'
            ? before.view.prompt.lastFailure
            : before.view.phase === 'connected' && before.view.renewal?.lastFailure,
        );
    }
  }

  private judgeDisconnect(before: Machine, event: Extract<Untimed, { type: 'server.disconnect' }>): void {
    const isMeant = event.leaseId === before.lease?.leaseId || event.epoch > before.knownEpoch;
    const isOwnRenewal = event.reason.code === 'replaced' && before.request !== null;
    const { view, policy } = this.world.machine;
    if (!isMeant || isOwnRenewal) return;
    expect(this.world.has('helperDown')).toBe(true);
    if (event.challenge) expect(view.phase).toBe('gate');
    else if (policy === null || isGated(policy))
      expect(view).toMatchObject({ phase: 'disconnecting', next: 'gate' });
    else if (event.reason.code === 'replaced')
      expect(view).toMatchObject({ phase: 'disconnected', reason: event.reason });
    else
      expect(view).toMatchObject({
        phase: 'reconnecting',
        warning: expect.stringContaining('No gate policy'),
      });
  }
}

function codesOf(proof: ProofRef | null): string[] {
  return proof?.parts.flatMap((part) => ('fingerprint' in part ? [part.fingerprint] : [])) ?? [];
}

function wayOut(machine: Machine, at: number): string {
  let m = transition(machine, { type: 'user.disconnect', source: 'quit', at }).machine;
  if (m.downCall !== null)
    m = transition(m, { type: 'helper.down-answer', id: m.downCall, problem: null, at }).machine;
  return m.view.phase;
}

/** Connected without a gateway of one's own choice, and that one falls silent: a move is under way. */
const moving: Command[] = (
  [
    ...(['policy', 'hello', 'gateways', 'connect', 'grant', 'up'] as const),
    ...(['gateway-away', 'refreshed', 'path-check'] as const),
  ] as const
).map((kind) => ({ kind, pick: 7, flag: true }));

describe('the connection, whatever happens in whatever order', () => {
  it('holds its invariants', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(fc.array(command, { minLength: 20, maxLength: 120 }), fc.boolean(), (any, isMoving) => {
        const judge = new Judge();
        judge.world.feed({ type: 'signed-in' });
        const commands = isMoving ? [...moving, ...any] : any;
        for (const c of commands) {
          judge.run(c);
          const { view } = judge.world;
          reached.add(view.phase);
          if (view.phase === 'gate' && view.prompt.prompting) reached.add('prompting');
          if (judge.world.machine.heldProof) reached.add('held');
          if (judge.isMovedOn) reached.add('moved on');
        }
      }),
      { numRuns: 3000 },
    );
    // The walk is worth something only if it comes everywhere.
    expect([...reached].sort()).toEqual(
      [
        'connected',
        'connecting',
        'disconnected',
        'disconnecting',
        'gate',
        'held',
        'moved on',
        'prompting',
        'reconnecting',
        'signed-out',
      ].sort(),
    );
  }, 120_000);
});
