import type { Challenge, Reason } from '../../src-shared/challenge.ts';
import type { ConnectionState, LeaseSummary, Phase, Source } from '../../src-shared/connection-state.ts';
import type { HelperStatus } from '../../src-shared/helper-rpc.ts';
import type { CodeMethod } from '../../src-shared/otp-code.ts';
import type { Policy } from '../../src-shared/policy.ts';
import type { Problem } from '../../src-shared/problem.ts';
import type { ProofAnswer } from '../../src-shared/unlock.ts';
import type { Notice } from '../snapshot/snapshot.ts';

/**
 * One answer of the user. `fingerprint` is the same for the same code typed again and says nothing about it (keyed by
 * this process); a PIN and a prompt of the system have none.
 */
export type ProofPart =
  | { method: CodeMethod; fingerprint: string }
  | { method: Exclude<ProofAnswer['method'], CodeMethod> };

/** What the user answered in one go. The driver keeps it under `ticket`: the machine never sees a code or a PIN. */
export interface ProofRef {
  ticket: number;
  parts: readonly ProofPart[];
}

/** `mayHaveArrived`: the request was on its way when the network failed, so its proof counts as spent. */
export type ConnectionOutcome =
  | { granted: LeaseSummary }
  | { refused: Problem; challenge: Challenge | null; mayHaveArrived: boolean };

/** What the server says of this device: its epoch and the lease that it has alive. */
export type EpochOutcome = { epoch: number; leaseId: string | null } | { refused: Problem };

/** `at` of every event: milliseconds since 1970 by the server's clock. Ids answer the effect that carried them. */
export type MachineEvent = { at: number } & (
  | { type: 'signed-in' }
  | { type: 'session-ended'; reason: Reason | null }
  /** `isAuto`: the user has left the choice of the gateway to the client. */
  | { type: 'user.connect'; gatewayId: string; source: Source; isAuto?: boolean }
  | { type: 'user.refused'; problem: Problem; source: Source }
  | { type: 'user.submit'; proof: ProofRef }
  | { type: 'user.cancel-prompt' }
  /** The proofs of request `id` are made and leave this computer now. */
  | { type: 'proof-sent'; id: number }
  | { type: 'user.cancel'; source: Source }
  | { type: 'user.disconnect'; source: Source }
  | { type: 'user.renew'; ticket: number }
  | { type: 'answer.connection'; id: number; outcome: ConnectionOutcome }
  | { type: 'answer.epoch'; id: number; outcome: EpochOutcome }
  | { type: 'channel.opened'; epoch: number }
  /** Nothing that the server has to tell is heard until it opens again. */
  | { type: 'channel.lost' }
  | { type: 'path-check-due'; id: number }
  | { type: 'down-due'; id: number }
  /** Statuses from now on are of the handshake that was asked for. */
  | { type: 'helper.refresh-answer'; id: number; problem: Problem | null }
  | { type: 'channel.stopped'; problem: Problem }
  | {
      type: 'server.disconnect';
      epoch: number;
      leaseId: string | null;
      reason: Reason;
      challenge: Challenge | null;
    }
  | { type: 'server.lease-expiring'; leaseId: string; expiresAt: string }
  | { type: 'server.lease-outdated'; leaseId: string }
  | { type: 'server.policy'; policy: Policy }
  /** Whether the server hears the gateway. Packets may pass all the same. */
  | { type: 'server.gateway'; gatewayId: string; isOnline: boolean }
  /** All that the server hears, the best first, and those whose hosts keep packets from passing. */
  | { type: 'server.gateways'; online: readonly string[]; troubled: readonly string[] }
  | { type: 'helper.ready' }
  | { type: 'helper.lost'; problem: Problem }
  | { type: 'helper.status'; status: HelperStatus; handshakeAgeMs: number | null }
  | { type: 'helper.up-answer'; id: number; problem: Problem | null }
  | { type: 'helper.down-answer'; id: number; problem: Problem | null }
  | { type: 'retry-scheduled'; id: number; nextTryAt: string }
  | { type: 'retry-due'; id: number }
  | { type: 'handshake-late'; id: number }
  | { type: 'lease-expired'; leaseId: string }
  | { type: 'lock' }
  | { type: 'suspend' }
  | { type: 'wake' }
  | { type: 'network-changed' }
);

/** An event before the driver has put the time to it. */
export type Untimed<E = MachineEvent> = E extends unknown ? Omit<E, 'at'> : never;

/** Tells the machine what has happened. An event that comes of another's effects is dealt with after it. */
export type Feed = (event: Untimed) => void;

/** What the driver does. `settle` answers the user's call that holds `ticket`; null means it was accepted. */
export type Effect =
  | {
      type: 'requestConnection';
      id: number;
      gatewayId: string;
      challenge: Challenge | null;
      /** To be made of the answers under its ticket; then comes `proof-sent`. */
      proof: ProofRef | null;
      /** The lease that this one goes on from at another gateway. */
      moveOf: string | null;
      /** Highest epoch heard; -1 before the first. */
      knownEpoch: number;
      /** `keep`: renewal, the running tunnel's key pair stays so that no packet is lost. */
      keyPair: 'new' | 'keep';
    }
  /** The proof of this request is not wanted any more: a question of the system is taken back. */
  | { type: 'abandonProof'; id: number }
  | { type: 'helperUp'; id: number; leaseId: string }
  | { type: 'helperDown'; id: number }
  /** `down-due` in a while: the helper did not do it. */
  | { type: 'repeatDown'; id: number }
  | { type: 'refreshTunnel'; id: number }
  /** `path-check-due` after `delayMs`. */
  | { type: 'watchPath'; id: number; delayMs: number }
  | { type: 'deleteConnection'; leaseId: string }
  | { type: 'askEpoch'; id: number }
  | { type: 'scheduleRetry'; id: number; attempt: number }
  | { type: 'cancelRetry' }
  /** `handshake-late` after `delayMs`. */
  | { type: 'watchHandshake'; id: number; delayMs: number }
  | { type: 'watchExpiry'; leaseId: string; expiresAt: string }
  | { type: 'settle'; ticket: number; problem: Problem | null }
  | { type: 'notify'; kind: Notice['kind']; text: string }
  | { type: 'channelStatus'; phase: Phase; leaseId: string | null }
  | { type: 'restartChannel' }
  | { type: 'warmServer' }
  | { type: 'forgetSession' };

/**
 * Why a request for a connection is on its way. `connect` and `renew` go without a proof and take a lease if the
 * server asks for none; `ask` and `refresh` want a challenge; `prove` carries a proof; `move` goes to another gateway
 * with what is left of the lease.
 */
export type RequestPurpose = 'connect' | 'ask' | 'prove' | 'renew' | 'refresh' | 'move';

/** A code that was sent, and what to answer if the same value is typed again. */
export interface TriedProof {
  method: CodeMethod;
  fingerprint: string;
  at: number;
  problem: Problem;
}

/** What is waited for while the path is in doubt: the next question, the helper, or the gateway's handshake. */
export type PathCheck =
  | { step: 'waiting'; id: number; rxBytes: number }
  | { step: 'asking'; id: number; patienceMs: number }
  | { step: 'handshake'; id: number }
  /** This helper cannot ask. */
  | { step: 'unsupported'; id: number };

export interface Move {
  /** The gateways that were asked for since the last wait. */
  readonly tried: readonly string[];
  /** The server has said that the lease in force is not alive there. */
  readonly isEnded: boolean;
}

export interface Machine {
  readonly view: ConnectionState;
  readonly gatewayId: string | null;
  /** The lease in force: the only ground on which the helper is told to go up. */
  readonly lease: LeaseSummary | null;
  /** Highest epoch heard; -1 before the first. */
  readonly knownEpoch: number;
  readonly policy: Policy | null;
  readonly lastId: number;
  readonly request: {
    id: number;
    purpose: RequestPurpose;
    proof: ProofRef | null;
    /** Nothing of a proof has left this computer before. */
    isSent: boolean;
    /** The user's call that waits for this one, if it is no proof. */
    ticket: number | null;
  } | null;
  /** The tunnel is not shown as connected before the server has confirmed epoch and lease. */
  readonly needsEpoch: boolean;
  readonly epochQuestion: number | null;
  /** Helper calls without an answer yet; `downCall` also of one that is to be repeated. */
  readonly upCall: number | null;
  readonly downCall: number | null;
  /** The helper has refused to take the tunnel down, and the user was told. */
  readonly isDownRefused: boolean;
  /** The helper was told `up` since it was last told `down`. */
  readonly isTunnelWanted: boolean;
  /** The helper has lost the lease in force and is to get it again. */
  readonly isUpOwed: boolean;
  readonly path: 'unknown' | 'good' | 'stale' | 'dead';
  /** ISO 8601: first byte of this connection. */
  readonly since: string | null;
  readonly retry: number | null;
  /** The newest `watchHandshake`. */
  readonly handshakeWatch: number | null;
  readonly attempt: number;
  /** An answer that waits for a fresh challenge, because the one on screen has run out or soon will. */
  readonly heldProof: ProofRef | null;
  readonly tried: readonly TriedProof[];
  /** No proof of `method` is taken before `until` (server time, ms). */
  readonly waits: readonly { method: ProofPart['method']; until: number }[];
  readonly warning: string | null;
  readonly endReason: Reason | null;
  /** The newest leases that the server has named in a `disconnect`. */
  readonly endedLeases: readonly string[];
  /** The newest lease of which the server has said that its gateway's settings were changed since. */
  readonly outdatedLease: string | null;
  readonly isChannelOpen: boolean;
  /** The server does not hear the gateway that was chosen. */
  readonly isGatewayAway: boolean;
  readonly isAuto: boolean;
  /** The gateways that the server hears, the best first. */
  readonly online: readonly string[];
  /** Those whose hosts keep packets from passing, as far as the server knows. */
  readonly troubled: readonly string[];
  /** The newest lease that was not to go on at another gateway. */
  readonly unmovable: string | null;
  /** What was asked for to let the lease in force go on elsewhere; null: nothing, so that the server has left it alone. */
  readonly move: Move | null;
  readonly pathCheck: PathCheck | null;
  /** WireGuard was made to shake hands, and has not: the time of an earlier handshake is not known any more. */
  readonly isHandshakeOwed: boolean;
  /** Through the tunnel, as the helper counts. */
  readonly rxBytes: number;
  /** What had been sent without need of an answer, and since when something is unanswered; null before the first word. */
  readonly sent: { txBytes: number; unansweredAt: number | null } | null;
  readonly isChannelStopped: boolean;
  /** Where the way down leads. */
  readonly leaving: { cause: Problem | null; source: Source | null } | null;
}

/** Before anything is known. */
export const initialMachine: Machine = {
  view: { phase: 'signed-out', reason: null },
  gatewayId: null,
  lease: null,
  knownEpoch: -1,
  policy: null,
  lastId: 0,
  request: null,
  needsEpoch: false,
  epochQuestion: null,
  upCall: null,
  downCall: null,
  isDownRefused: false,
  isTunnelWanted: false,
  isUpOwed: false,
  path: 'unknown',
  since: null,
  retry: null,
  handshakeWatch: null,
  attempt: 0,
  heldProof: null,
  tried: [],
  waits: [],
  warning: null,
  endReason: null,
  endedLeases: [],
  outdatedLease: null,
  isChannelOpen: false,
  isGatewayAway: false,
  isAuto: false,
  online: [],
  troubled: [],
  unmovable: null,
  move: null,
  pathCheck: null,
  isHandshakeOwed: false,
  rxBytes: 0,
  sent: null,
  isChannelStopped: false,
  leaving: null,
};
