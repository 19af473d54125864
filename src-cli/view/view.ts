import type { Snapshot } from '../../src-client/snapshot/snapshot.ts';
import type { Reason } from '../../src-shared/challenge.ts';
import type { GatePrompt } from '../../src-shared/connection-state.ts';
import type { GuardState } from '../../src-shared/guard.ts';
import type { Problem } from '../../src-shared/problem.ts';
import type { UnlockMethod, UnlockProviderState } from '../../src-shared/unlock.ts';
import { plainText } from './plain-text.ts';
import type { View, ViewPrompt, ViewReason } from './view-schema.ts';

const reasonOf = (reason: Reason | null): ViewReason | null =>
  reason && {
    code: plainText(reason.code),
    message: plainText(reason.message),
    incidentId: reason.incidentId === undefined ? null : plainText(reason.incidentId) || null,
    at: reason.at,
  };

const problemOf = (problem: Problem | null): View['problem'] =>
  problem && { code: problem.code, detail: plainText(problem.detail) };

/** The same without what a terminal would obey. */
export function plainGuard(guard: GuardState): GuardState {
  const { failed } = guard;
  return failed ? { ...guard, failed: { ...failed, detail: plainText(failed.detail) } } : guard;
}

/** Best first: what the server takes and this computer can do without the window of the app. */
export function usableMethods(
  methods: readonly UnlockMethod[],
  providers: readonly UnlockProviderState[],
): UnlockMethod[] {
  const order: UnlockMethod[] = ['uv-hw', 'uv-soft', 'pin'];
  const canAsk = (method: UnlockMethod) =>
    method === 'pin' || providers.some((known) => known.method === method && known.obstacle === null);
  return order.filter((method) => methods.includes(method) && canAsk(method));
}

function promptOf(
  prompt: GatePrompt,
  purpose: ViewPrompt['purpose'],
  name: string,
  providers: readonly UnlockProviderState[],
): ViewPrompt {
  const { challenge, attemptsLeft, waitUntil, isChecking, prompting } = prompt;
  const pin = challenge.unlock?.pin;
  return {
    challengeId: challenge.id,
    purpose,
    requires: challenge.requires,
    unlockMethods: challenge.unlockMethods,
    usableMethods: usableMethods(challenge.unlockMethods, providers),
    pin: pin ? { attemptsLeft: pin.attemptsLeft, waitUntil: pin.waitUntil } : null,
    gateway: name,
    reason: reasonOf(prompt.reason ?? challenge.reason),
    attemptsLeft,
    waitUntil,
    expiresAt: challenge.expiresAt,
    isChecking,
    prompting,
  };
}

/** CIDR of a single host → its address; other networks stay as they are. */
const hostOf = (cidr: string) => plainText(cidr).replace(/(?<=^[\d.]+)\/32$|(?<=:.*)\/128$/, '');

type Differing = Pick<
  View,
  | 'gateway'
  | 'addresses'
  | 'since'
  | 'expiresAt'
  | 'isExpiring'
  | 'isOutdated'
  | 'health'
  | 'attempt'
  | 'nextTryAt'
  | 'reason'
> &
  Pick<View, 'problem' | 'warning' | 'prompt'>;

const nothing: Differing = {
  gateway: null,
  addresses: [],
  since: null,
  expiresAt: null,
  isExpiring: false,
  isOutdated: false,
  health: null,
  attempt: null,
  nextTryAt: null,
  reason: null,
  problem: null,
  warning: null,
  prompt: null,
};

function connectionPart(snapshot: Snapshot): Differing {
  const { connection } = snapshot;
  const { providers } = snapshot.unlock;
  const gateway = (id: string) => {
    const name = snapshot.gateways.find((entry) => entry.id === id)?.name;
    return { id, name: plainText(name ?? '') || id };
  };
  switch (connection.phase) {
    case 'signed-out':
      return { ...nothing, reason: reasonOf(connection.reason) };
    case 'disconnected':
      return { ...nothing, reason: reasonOf(connection.reason), problem: problemOf(connection.cause) };
    case 'gate': {
      const target = gateway(connection.prompt.gatewayId);
      const prompt = promptOf(connection.prompt, 'connect', target.name, providers);
      return { ...nothing, gateway: target, reason: prompt.reason, prompt };
    }
    case 'connecting':
      return {
        ...nothing,
        gateway: gateway(connection.gatewayId),
        attempt: connection.attempt,
        expiresAt: connection.lease?.expiresAt ?? null,
      };
    case 'connected': {
      const target = gateway(connection.gatewayId);
      return {
        ...nothing,
        gateway: target,
        addresses: connection.lease.addresses.map(hostOf),
        since: connection.since,
        expiresAt: connection.lease.expiresAt,
        isExpiring: connection.expiring !== null,
        isOutdated: connection.isOutdated,
        health: connection.health,
        warning: connection.warning === null ? null : plainText(connection.warning),
        prompt: connection.renewal && promptOf(connection.renewal, 'renew', target.name, providers),
      };
    }
    case 'reconnecting':
      return {
        ...nothing,
        gateway: gateway(connection.gatewayId),
        addresses: connection.lease?.addresses.map(hostOf) ?? [],
        expiresAt: connection.lease?.expiresAt ?? null,
        attempt: connection.attempt,
        nextTryAt: connection.nextTryAt,
        problem: problemOf(connection.cause),
        warning: connection.warning === null ? null : plainText(connection.warning),
      };
    case 'disconnecting':
      return { ...nothing, reason: reasonOf(connection.reason) };
    case 'blocked':
      return {
        ...nothing,
        reason: reasonOf(connection.cause),
        problem: problemOf(connection.blockingFailed),
      };
  }
}

const accountOf = (account: View['account']): View['account'] =>
  account && {
    serverUrl: plainText(account.serverUrl),
    serverName: plainText(account.serverName),
    email: plainText(account.email),
  };

/** Derives the view of a snapshot. */
export function toView(snapshot: Snapshot): View {
  const { account, tunnel } = snapshot;
  return {
    version: snapshot.version,
    phase: snapshot.connection.phase,
    ...connectionPart(snapshot),
    rxBytes: tunnel?.rxBytes ?? null,
    txBytes: tunnel?.txBytes ?? null,
    account: accountOf(account),
    lockedSession: accountOf(snapshot.lockedSession),
    channel: snapshot.channel,
    keychain: snapshot.keychain,
    helper: tunnel?.phase ?? null,
    overlaps: tunnel?.overlaps ?? [],
    overlap: snapshot.overlap && { ...snapshot.overlap, networks: snapshot.overlap.networks.map(plainText) },
    guard: snapshot.guard && plainGuard(snapshot.guard),
    areNamesUnmanaged: tunnel?.dns === 'unmanaged',
    areNamesUnsplit: tunnel?.dns === 'unsplit',
    portals: portalsOf(tunnel),
    clockOffsetMs: snapshot.clockOffsetMs,
    unlock: {
      enrolled: snapshot.unlock.enrolled,
      providers: [...snapshot.unlock.providers],
      lockCount: snapshot.unlock.lockCount,
      allowed: snapshot.policy?.unlockMethods ?? null,
    },
    notices: (snapshot.notices ?? []).map(({ id, kind, text }) => ({ id, kind, text: plainText(text) })),
    gateways: snapshot.gateways.map(({ id, name, isOnline, trouble }) => ({
      id,
      name: plainText(name) || id,
      isOnline,
      trouble: trouble === null ? null : plainText(trouble),
      rttMs: snapshot.roundTrips[id] ?? null,
    })),
  };
}

/** When the sign-in page of a network was opened, as far as the helper remembers: ISO 8601, oldest first. */
export function portalsOf(tunnel: Snapshot['tunnel']): string[] {
  return (tunnel?.guardEvents ?? []).filter(({ kind }) => kind === 'portal-opened').map(({ at }) => at);
}
