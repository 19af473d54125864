import type { Reason } from '../../../src-shared/challenge.ts';
import type { Policy } from '../../../src-shared/policy.ts';
import type { Tx } from '../../db/database.ts';
import type { LivePeer } from './live-peers.ts';
import type { RecordedEnd } from './record-end.ts';

/** Whom an end of access concerns. */
export type AccessScope = { memberId: string } | { deviceId: string };

export interface EndAccess {
  scope: AccessScope;
  /** The live leases of the scope, where the caller has just read them. */
  known?: LivePeer[];
  reason: Reason;
  /** As in `AuditEntry.actor`. */
  actor: string;
  ip: string | null;
  /** Runs in the same transaction, e.g. to end sessions or to block the member. */
  also?: (tx: Tx) => Promise<void>;
  /** The sessions of the scope end too: clients get `signed-out` and close code 4001 instead of `disconnect`. */
  signOut?: boolean;
}

export interface EndedAccess {
  endedConnections: number;
  /** Every gateway concerned confirmed within 2 s. */
  enforced: boolean;
  /** Devices whose open channel took the frame. */
  notified: number;
  /** Devices with a session that will hear of it when they come back. */
  offline: number;
  /** In force at that moment. */
  policy: Policy;
}

/** The one way in which access ends: leases, epoch, audit and event in one transaction, gateway and client at once. */
export interface Enforcement {
  endAccess(request: EndAccess): Promise<EndedAccess>;
  /**
   * The other order, for ends that a rule may still refuse inside their transaction: what was recorded and committed is
   * carried out now. True when every gateway confirmed within 2 s; those that did not are told until they do.
   */
  carryOut(recorded: RecordedEnd): Promise<boolean>;
}
