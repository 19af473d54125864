import type { Reason } from '../../src-shared/challenge.ts';
import type { Tx } from '../db/database.ts';

/** Whom an end of access concerns. */
export type AccessScope = { memberId: string } | { deviceId: string };

export interface EndAccess {
  scope: AccessScope;
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
}

/** The one way in which access ends: leases, epoch, audit and event in one transaction, gateway and client at once. */
export interface Enforcement {
  endAccess(request: EndAccess): Promise<EndedAccess>;
}
