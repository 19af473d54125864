import type { HelperStatus, OverlapSide } from '../src-shared/helper-rpc.ts';
import type { Result } from '../src-shared/problem.ts';
import type { AcceptedLease } from './lease-verifier.ts';

export type TunnelStatus = Omit<HelperStatus, 'guard' | 'guardEvents' | 'version' | 'features'>;

/** The one tunnel of this computer; each operating system has its own behind this. Calls run one after another. */
export interface Tunnel {
  /**
   * Resolves when the interface is configured (phase `starting`); `onChange` tells when bytes are received. A lease
   * for the same key and gateway takes the place of the old one without ending the session.
   */
  up(lease: AcceptedLease): Promise<Result<void>>;
  /** Normal routing is back when it resolves. Idempotent. */
  down(): Promise<void>;
  /**
   * The lease's routes anew: whether traffic is held back decides what they are. `tunnel-failed`, with the tunnel
   * down, where the system does not take them; so have the next two. No-op when down.
   */
  reroute(): Promise<Result<void>>;
  /** Routes and a handshake now, whether or not the last one is old: tells whether the gateway answers. */
  refresh(): Promise<Result<void>>;
  /** Whose the networks of both are in this session. `wrong-state` when down. */
  overlap(side: OverlapSide): Promise<Result<void>>;
  status(): TunnelStatus;
  /** Every change of phase, and the counters about once a second while they change. */
  onChange(listener: (status: TunnelStatus) => void): void;
  /** Takes everything away that this process made. */
  close(): Promise<void>;
}
