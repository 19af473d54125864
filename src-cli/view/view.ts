import * as z from 'zod';
import type { Snapshot } from '../../src-client/snapshot/snapshot.ts';
import { type Reason, requirement } from '../../src-shared/challenge.ts';
import {
  channelState,
  type GatePrompt,
  keychainState,
  phaseSchema,
} from '../../src-shared/connection-state.ts';
import { type GuardState, guardState } from '../../src-shared/guard.ts';
import { helperPhase } from '../../src-shared/helper-rpc.ts';
import type { Problem } from '../../src-shared/problem.ts';
import {
  enrolledUnlock,
  promptMethod,
  type UnlockMethod,
  type UnlockProviderState,
  unlockMethod,
  unlockProviderState,
} from '../../src-shared/unlock.ts';
import { plainText } from './plain-text.ts';

const viewReason = z.object({
  code: z.string(),
  message: z.string(),
  incidentId: z.string().nullable(),
  at: z.string(),
});
const viewProblem = z.object({ code: z.string(), detail: z.string() });

const viewPrompt = z.object({
  challengeId: z.string(),
  /** `connect`: nothing is up until it is answered. `renew`: the tunnel stays up meanwhile. */
  purpose: z.enum(['connect', 'renew']),
  requires: z.array(requirement),
  /** What the server would take now, and of that what this computer can do. */
  unlockMethods: z.array(unlockMethod),
  usableMethods: z.array(unlockMethod),
  /** Null unless a PIN would be taken. */
  pin: z.object({ attemptsLeft: z.number(), waitUntil: z.string().nullable() }).nullable(),
  gateway: z.string(),
  reason: viewReason.nullable(),
  attemptsLeft: z.number().nullable(),
  /** ISO 8601, server time. */
  waitUntil: z.string().nullable(),
  expiresAt: z.string(),
  isChecking: z.boolean(),
  /** The system is asking its user right now. */
  prompting: promptMethod.nullable(),
});

const viewUnlock = z.object({
  /** What the server has registered for this device; null before it has said so. */
  enrolled: enrolledUnlock.nullable(),
  providers: z.array(unlockProviderState),
  /** Grows when the screen is locked and when the computer sleeps. */
  lockCount: z.number(),
  /** What the team allows; null before the server has said so. */
  allowed: z.array(unlockMethod).nullable(),
});

const accountView = z.object({ serverUrl: z.string(), serverName: z.string(), email: z.string() });

/**
 * What the terminal shows and `--json` prints: one flat, harmless view of a snapshot. No secret, no nonce, no lease;
 * every text from elsewhere is already plain. Times are ISO 8601, sizes bytes. It is also what the control socket carries.
 */
export const viewSchema = z.object({
  version: z.number(),
  phase: phaseSchema,
  gateway: z.object({ id: z.string(), name: z.string() }).nullable(),
  addresses: z.array(z.string()),
  since: z.string().nullable(),
  expiresAt: z.string().nullable(),
  /** The server announced the end of the lease. */
  isExpiring: z.boolean(),
  isOutdated: z.boolean(),
  health: z.enum(['good', 'stale']).nullable(),
  rxBytes: z.number().nullable(),
  txBytes: z.number().nullable(),
  attempt: z.number().nullable(),
  nextTryAt: z.string().nullable(),
  reason: viewReason.nullable(),
  problem: viewProblem.nullable(),
  warning: z.string().nullable(),
  prompt: viewPrompt.nullable(),
  account: accountView.nullable(),
  /** Who was signed in, while the keyring that keeps the session is locked. */
  lockedSession: accountView.nullable().default(null),
  channel: channelState,
  keychain: keychainState,
  /** The helper's word on the interface; null: the helper cannot be reached. */
  helper: helperPhase.nullable(),
  /** Networks of the team that are also the network here, and so outside the tunnel. */
  overlaps: z.array(z.string()).default([]),
  /** The lease has name servers, and nothing on this computer could be told of them. */
  areNamesUnmanaged: z.boolean().default(false),
  /** The lease has name servers for some domains, and this computer can only ask one for all names. */
  areNamesUnsplit: z.boolean().default(false),
  /** What is held back while nobody is connected; null: the helper cannot be reached, or cannot hold anything back. */
  guard: guardState.nullable().default(null),
  clockOffsetMs: z.number().nullable(),
  /** To be told once, oldest first; `id` grows. */
  unlock: viewUnlock,
  notices: z.array(z.object({ id: z.number(), kind: z.string(), text: z.string() })),
  gateways: z.array(z.object({ id: z.string(), name: z.string(), isOnline: z.boolean() })),
});
export type View = z.infer<typeof viewSchema>;
export type ViewPrompt = z.infer<typeof viewPrompt>;
export type ViewUnlock = z.infer<typeof viewUnlock>;
export type ViewReason = z.infer<typeof viewReason>;

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
    guard: snapshot.guard && plainGuard(snapshot.guard),
    areNamesUnmanaged: tunnel?.dns === 'unmanaged',
    areNamesUnsplit: tunnel?.dns === 'unsplit',
    clockOffsetMs: snapshot.clockOffsetMs,
    unlock: {
      enrolled: snapshot.unlock.enrolled,
      providers: [...snapshot.unlock.providers],
      lockCount: snapshot.unlock.lockCount,
      allowed: snapshot.policy?.unlockMethods ?? null,
    },
    notices: (snapshot.notices ?? []).map(({ id, kind, text }) => ({ id, kind, text: plainText(text) })),
    gateways: snapshot.gateways.map(({ id, name, isOnline }) => ({
      id,
      name: plainText(name) || id,
      isOnline,
    })),
  };
}
