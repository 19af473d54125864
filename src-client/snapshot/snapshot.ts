import type { GatewaySummary } from '../../src-shared/client-api.ts';
import type { ChannelState, ConnectionState, KeychainState } from '../../src-shared/connection-state.ts';
import type { GuardState } from '../../src-shared/guard.ts';
import type { HelperStatus } from '../../src-shared/helper-rpc.ts';
import type { Overlap } from '../../src-shared/overlap.ts';
import type { Policy } from '../../src-shared/policy.ts';
import type { EnrolledUnlock, UnlockProviderState } from '../../src-shared/unlock.ts';

/** Something to tell the user once that is no state, e.g. a damaged settings file that was put aside. */
export interface Notice {
  /** Grows by one for each notice of this process. */
  id: number;
  /** ISO 8601. */
  at: string;
  kind:
    | 'disconnected-by-server'
    | 'lease-expiring'
    | 'signed-out'
    | 'settings-damaged'
    | 'channel-stopped'
    | 'tunnel-stays'
    | 'keychain';
  /** Plain text; a part of it may come from the server. */
  text: string;
}

/** Everything a user interface shows, derived in one place. `version` only grows. */
export interface Snapshot {
  version: number;
  connection: ConnectionState;
  account: {
    serverUrl: string;
    serverName: string;
    email: string;
    memberId: string;
    deviceId: string;
  } | null;
  /** The session of the last run, while its token lies in a keyring that is locked; nobody is signed in meanwhile. */
  lockedSession: { serverUrl: string; serverName: string; email: string } | null;
  gateways: GatewaySummary[];
  /** To the gateways that have answered, by id: milliseconds, measured on the network that the computer is on now. */
  roundTrips: Readonly<Record<string, number>>;
  policy: Policy | null;
  channel: ChannelState;
  keychain: KeychainState;
  /** The helper's newest word on the tunnel; null when the helper cannot be reached. */
  tunnel: HelperStatus | null;
  /** What is held back, as the helper says; null while it is away or cannot hold anything back. */
  guard: GuardState | null;
  /** Networks that are both the team's and the network's here; null where there are none. */
  overlap: Overlap | null;
  /** `enrolled` is null before the server has said; `lockCount` grows with each lock of the screen and each sleep. */
  unlock: {
    enrolled: EnrolledUnlock | null;
    providers: readonly UnlockProviderState[];
    lockCount: number;
  };
  /** Server clock minus this computer's, milliseconds; null before the first answer. */
  clockOffsetMs: number | null;
  /** The newest few, oldest first. */
  notices?: readonly Notice[];
}
