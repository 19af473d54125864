import type { KnownReason } from '../../../src-shared/challenge.ts';
import type { Policy } from '../../../src-shared/policy.ts';
import type { Tx } from '../../db/database.ts';
import type { AccessScope, LeasePeer } from './lease-peers.ts';
import type { DeviceFrame, RecordedEnd } from './record-end.ts';

export interface EndAccessRequest {
  scope: AccessScope;
  /** The live leases of the scope, where the caller has just read them. */
  known?: LeasePeer[];
  reason: KnownReason;
  /** As in `AuditEntry.actor`. */
  actor: string;
  ip: string | null;
  /** Runs in the same transaction, before the end is recorded: frames that the devices get before they hear of it. */
  first?: (tx: Tx) => Promise<DeviceFrame[]>;
  /** Runs in the same transaction, e.g. to end sessions or to block the member. */
  also?: (tx: Tx) => Promise<void>;
  /** The sessions of the scope end too: clients get `signed-out` and close code 4001 instead of `disconnect`. */
  signOut?: boolean;
}

export interface EndAccessAnswer {
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

export interface EndLeaseRequest {
  leaseId: string;
  /** Whose lease it must be. */
  deviceId: string;
  reason: KnownReason;
  actor: string;
  ip: string | null;
  /** Sends a `disconnect` with the reason and the next challenge, to a device that did not ask for this end. */
  isDeviceTold: boolean;
}

/** Given once the end is recorded. */
export interface EndLeaseAnswer {
  /** True as soon as the gateway has no such peer any more, false when it has not confirmed within 2 s. */
  enforced: Promise<boolean>;
}

/** The one way in which access ends: leases, epoch, audit and event in one transaction, gateway and client at once. */
export interface Enforcement {
  /** All leases of a member or a device end, and whatever was proven before is worthless. */
  endAccess(request: EndAccessRequest): Promise<EndAccessAnswer>;
  /** One lease ends; what was proven stays proven. One that has ended, or is not the device's, is left as it is. */
  endLease(request: EndLeaseRequest): Promise<EndLeaseAnswer>;
  /**
   * The other order, for ends that a rule may still refuse inside their transaction: what was recorded and committed is
   * carried out now. True when every gateway confirmed within 2 s; those that did not are told until they do.
   */
  carryOut(recorded: RecordedEnd): Promise<boolean>;
}
