import { assertNever } from '../../src-shared/assert-never.ts';
import type { Source } from '../../src-shared/connection-state.ts';
import { problem } from '../../src-shared/problem.ts';
import { connectionAnswered } from './answers.ts';
import { takeOnline } from './choice.ts';
import { accessEnded, leaseExpired, leave, showReconnecting, signedOut } from './ending.ts';
import {
  cancelPrompt,
  closeRenewal,
  forgetTyped,
  leaseExpiring,
  leaseOutdated,
  openGate,
  proofSent,
  startRenewal,
  submit,
} from './gate.ts';
import type { Effect, Machine, MachineEvent } from './machine-types.ts';
import { forgetTried } from './move.ts';
import {
  downAnswered,
  downDue,
  epochAnswered,
  epochHeard,
  gatewaysHeard,
  handshakeLate,
  helperLost,
  helperReady,
  helperStatus,
  mustConfirm,
  upAnswered,
} from './path.ts';
import {
  askGateway,
  gatewayHeard,
  pathCheckDue,
  refreshAnswered,
  trustPath,
  watchPath,
} from './path-check.ts';
import { askEpoch, cancelRetry, request, rest, type Step, scheduleRetry, show, tunnelUp } from './step.ts';

/**
 * The connection as a pure function: no clock, no I/O, no promise. Events carry the time and the ids of the effects
 * that they answer; an answer to anything but the newest question of its kind changes nothing.
 */
export function transition(machine: Machine, event: MachineEvent): { machine: Machine; effects: Effect[] } {
  const step: Step = { m: { ...machine }, effects: [], at: event.at };
  // Without a session only the news of one counts, and a lease that comes too late is given back.
  if (machine.view.phase !== 'signed-out' || event.type === 'signed-in' || event.type === 'answer.connection')
    apply(step, event);
  else if (event.type === 'user.submit')
    step.effects.push({ type: 'settle', ticket: event.proof.ticket, problem: problem('signed-out') });
  else if (event.type === 'user.renew')
    step.effects.push({ type: 'settle', ticket: event.ticket, problem: problem('signed-out') });
  followOnline(step);
  tellServer(step, machine);
  return { machine: step.m, effects: step.effects };
}

function apply(step: Step, event: MachineEvent): undefined {
  const { m } = step;
  switch (event.type) {
    case 'signed-in':
      if (m.view.phase === 'signed-out') rest(step, null, null);
      return;
    case 'session-ended':
      return signedOut(step, event.reason);
    case 'user.connect':
      return connect(step, event);
    case 'user.refused':
      if (m.view.phase === 'disconnected') rest(step, event.problem, event.source);
      return;
    case 'user.submit':
      return submit(step, event.proof);
    case 'user.cancel-prompt':
      return cancelPrompt(step);
    case 'proof-sent':
      return proofSent(step, event.id);
    case 'user.cancel':
      if (m.view.phase === 'connected') return closeRenewal(step);
      return disconnect(step, event.source);
    case 'user.disconnect':
      return disconnect(step, event.source);
    case 'user.renew':
      return startRenewal(step, event.ticket);
    case 'answer.connection':
      return connectionAnswered(step, event.id, event.outcome);
    case 'answer.epoch':
      return epochAnswered(step, event.id, event.outcome);
    case 'channel.opened':
      return channelOpened(step, event.epoch);
    case 'channel.lost':
      m.isChannelOpen = false;
      return watchPath(step);
    case 'path-check-due':
      return pathCheckDue(step, event.id);
    case 'helper.refresh-answer':
      return refreshAnswered(step, event.id, event.problem);
    case 'channel.stopped':
      m.isChannelStopped = true;
      step.effects.push({ type: 'notify', kind: 'channel-stopped', text: event.problem.detail });
      return leave(step, event.problem, 'server');
    case 'server.disconnect':
      return serverDisconnect(step, event);
    case 'server.lease-expiring':
      return leaseExpiring(step, event.leaseId, event.expiresAt);
    case 'server.lease-outdated':
      return leaseOutdated(step, event.leaseId);
    case 'server.policy':
      m.policy = event.policy;
      return;
    case 'server.gateway':
      if (m.gatewayId !== event.gatewayId) return;
      if (event.isOnline && m.lease === null && m.view.phase === 'reconnecting') pursueNow(step);
      return gatewayHeard(step, event.isOnline);
    case 'server.gateways':
      return gatewaysHeard(step, event.online, event.troubled);
    case 'helper.ready':
      return helperReady(step);
    case 'helper.lost':
      return helperLost(step, event.problem);
    case 'helper.status':
      return helperStatus(step, event.status, event.handshakeAgeMs);
    case 'helper.up-answer':
      return upAnswered(step, event.id, event.problem);
    case 'helper.down-answer':
      return downAnswered(step, event.id, event.problem);
    case 'down-due':
      return downDue(step, event.id);
    case 'retry-scheduled':
      if (m.retry === event.id && m.view.phase === 'reconnecting')
        show(step, { ...m.view, nextTryAt: event.nextTryAt });
      return;
    case 'retry-due':
      if (m.retry !== event.id) return;
      m.retry = null;
      return pursue(step);
    case 'handshake-late':
      return handshakeLate(step, event.id);
    case 'lease-expired':
      if (m.lease?.leaseId === event.leaseId) leaseExpired(step);
      return;
    case 'lock':
      return forgetTyped(step);
    case 'suspend':
      forgetTyped(step);
      return suspend(step);
    case 'wake':
    case 'network-changed':
      return newGround(step);
    default:
      assertNever(event);
  }
}

function connect(
  step: Step,
  { gatewayId, source, isAuto = false }: Extract<MachineEvent, { type: 'user.connect' }>,
): undefined {
  const { m } = step;
  m.isAuto = isAuto;
  if (m.isChannelStopped) {
    m.isChannelStopped = false;
    step.effects.push({ type: 'restartChannel' });
  }
  const isSameGateway = m.gatewayId === gatewayId;
  const { phase } = m.view;
  if (isSameGateway && (phase === 'connected' || phase === 'gate' || phase === 'connecting')) return;
  if (isSameGateway && phase === 'reconnecting') {
    return pursueNow(step);
  }
  if (isSameGateway && phase === 'disconnecting' && m.view.next === 'gate') return;
  if (phase !== 'disconnected') leave(step, null, source);
  m.leaving = null;
  // The server lets nobody in at a gateway that it does not hear.
  m.isGatewayAway = false;
  m.gatewayId = gatewayId;
  m.endReason = null;
  m.warning = null;
  m.attempt = 0;
  m.needsEpoch = false;
  show(step, { phase: 'connecting', gatewayId, attempt: 1, lease: null });
  request(step, 'connect');
}

function disconnect(step: Step, source: Source): undefined {
  const { m } = step;
  if (m.view.phase === 'disconnected' || m.leaving) return;
  leave(step, null, source);
}

/** What a wait was for. Nothing here leads past a gate: from there only the question is asked again. */
function pursue(step: Step): undefined {
  const { m } = step;
  if (m.view.phase === 'disconnecting' && m.view.next === 'gate') {
    if (m.request === null) request(step, 'ask');
    return;
  }
  if (m.view.phase !== 'reconnecting' && m.view.phase !== 'connecting') return;
  if (m.lease === null) {
    if (m.request !== null) return;
    const isSameGateway = m.view.gatewayId === m.gatewayId;
    showReconnecting(step, m.view.phase === 'reconnecting' && isSameGateway ? m.view.cause : null);
    return request(step, 'connect');
  }
  if (m.isUpOwed) tunnelUp(step);
  forgetTried(step);
  if (m.epochQuestion !== null) return;
  if (m.path === 'dead') m.needsEpoch = true;
  if (m.needsEpoch) askEpoch(step);
}

/** Ends a wait before its time: somebody asks by hand, the network changed, or the server is back. */
function pursueNow(step: Step): undefined {
  const { m } = step;
  if (m.retry === null) return;
  m.attempt = 0;
  cancelRetry(step);
  pursue(step);
}

/** What nobody waits for an answer to is for a gateway that the server hears: the gate, and the next try. */
function followOnline(step: Step): undefined {
  const { view, request: open } = step.m;
  if (open !== null || view.phase === 'disconnected' || view.phase === 'signed-out') return;
  if (view.phase === 'disconnecting' && view.next === 'disconnected') return;
  if (takeOnline(step.m)) pursueNow(step);
}

function channelOpened(step: Step, epoch: number): undefined {
  const { m } = step;
  m.isChannelOpen = true;
  trustPath(step);
  const isNews = m.knownEpoch >= 0 && epoch > m.knownEpoch;
  epochHeard(step, epoch);
  // The question on screen is from before the epoch moved: the server has a new one.
  if (isNews && m.view.phase === 'gate') return accessEnded(step, null, null);
  if (m.view.phase === 'reconnecting') pursueNow(step);
}

function serverDisconnect(
  step: Step,
  event: Extract<MachineEvent, { type: 'server.disconnect' }>,
): undefined {
  const { m } = step;
  const { epoch, leaseId, reason, challenge } = event;
  const isOurs = leaseId !== null && leaseId === m.lease?.leaseId;
  const isNewer = epoch > m.knownEpoch;
  // Our own renewal ends the lease before it; that is no disconnect.
  if (isOurs && !isNewer && reason.code === 'replaced' && m.request !== null) return;
  if (leaseId !== null) m.endedLeases = [...m.endedLeases, leaseId].slice(-32);
  m.knownEpoch = Math.max(m.knownEpoch, epoch);
  if (isOurs || (m.lease !== null && m.lease.epoch < m.knownEpoch))
    return accessEnded(step, reason, challenge);
  if (m.lease !== null || epoch < m.knownEpoch) return;
  if (m.leaving) return;
  const isOwnDoing = reason.code === 'user' || reason.code === 'replaced';
  switch (m.view.phase) {
    case 'disconnected':
      // By the user's wish nothing is up, so nothing pops up; the next connect is gated.
      if (!isOwnDoing) show(step, { ...m.view, reason });
      return;
    case 'gate':
      if (isNewer || (challenge && challenge.id !== m.view.prompt.challenge.id))
        accessEnded(step, reason, challenge);
      return;
    case 'disconnecting':
      m.endReason = reason;
      if (!challenge) return show(step, { ...m.view, reason });
      cancelRetry(step);
      // The question that was asked for stays open: if its answer is newer, it takes this one's place.
      return openGate(step, challenge, reason);
    case 'connecting':
    case 'reconnecting':
      if (isNewer) accessEnded(step, reason, challenge);
      return;
    default:
      return;
  }
}

function suspend(step: Step): undefined {
  mustConfirm(step);
  if (step.m.lease === null) return;
  scheduleRetry(step);
}

function newGround(step: Step): undefined {
  const { m } = step;
  step.effects.push({ type: 'restartChannel' });
  mustConfirm(step);
  if (m.lease !== null) {
    m.attempt = 0;
    cancelRetry(step);
    if (m.isUpOwed) tunnelUp(step);
    // WireGuard by itself would not shake hands from the new address while its session is young.
    else if (m.upCall === null) {
      if (m.path === 'good') m.path = 'stale';
      askGateway(step);
    }
    return askEpoch(step);
  }
  pursueNow(step);
}

/** The server hears every change of phase and lease. */
function tellServer(step: Step, before: Machine): undefined {
  const { view, lease } = step.m;
  const leaseId = lease?.leaseId ?? null;
  if (view.phase === before.view.phase && leaseId === (before.lease?.leaseId ?? null)) return;
  step.effects.push({ type: 'channelStatus', phase: view.phase, leaseId });
}
