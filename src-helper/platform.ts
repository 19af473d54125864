import type { Duplex } from 'node:stream';
import type { WgDevice } from '../src-node/wireguard/device.ts';
import type { OverlapSide } from '../src-shared/helper-rpc.ts';
import type { LeaseClaims, LeaseDns } from '../src-shared/lease.ts';
import type { Result } from '../src-shared/problem.ts';
import type { GuardDemand } from './guard/demand.ts';
import type { TunnelStatus } from './tunnel.ts';

/** What an operating system is asked for. Each has its own, in a folder of its own; everything else is the same. */
export interface Platform {
  /** Undoes what a killed process left of its tunnel. Rejects when that fails. */
  recover(): Promise<void>;
  /** Makes the WireGuard interface, without a peer. Rejects with the reason when this computer cannot. */
  openInterface(): Promise<TunnelInterface>;
  readonly names: Names;
  readonly guard: GuardRules;
  readonly callers: Callers;
}

/** A WireGuard interface without a peer, and what stands around it. */
export interface TunnelInterface {
  device: WgDevice;
  network: SessionNetwork;
}

/** Networks that a lease and this computer both have, and whose they are. */
export interface Overlap {
  overlaps: string[];
  overlapSide: OverlapSide;
}

/** Addresses and routes of one tunnel interface. */
export interface SessionNetwork {
  /** Mark of the device's own packets, by which they pass the tunnel's routes; 0 where nothing looks at it. */
  readonly mark: number;
  /** Before the device has its peer. Rejects with the reason when this computer cannot. */
  prepare(lease: LeaseClaims): Promise<void>;
  /**
   * Puts the lease's addresses and routes in force; on failure (`tunnel-failed`) no route stays.
   * Answers with the networks that are also this computer's own, and whose they are: `side`, unless traffic is held back.
   */
  apply(lease: LeaseClaims, side: OverlapSide): Promise<Result<Overlap>>;
  /** Normal routing comes back, before anything is waited for. Rejects when that fails. */
  clear(): Promise<void>;
}

/** The name servers of the tunnel. */
export interface Names {
  /**
   * Names go to these servers from now on: those of `domains`, else all. `unmanaged`: there is nothing here that could
   * do it; `unsplit`: nothing that could do it for some domains alone, so nothing is done. Rejects when it fails.
   */
  set(dns: LeaseDns): Promise<NonNullable<TunnelStatus['dns']>>;
  /** The system's own name servers are back. Rejects when that fails, and may be called again. */
  unset(): Promise<void>;
}

/** What holds traffic back, in the kernel: it stands without this process. */
export interface GuardRules {
  /** Whether this system has what it takes. */
  readonly isAvailable: boolean;
  /**
   * Puts in force what is asked for, in one step and for the next start of the computer too; null takes everything
   * away. An `openForMs` ends by itself. Rejects with the reason when this computer cannot.
   */
  apply(demand: GuardDemand | null): Promise<void>;
  /** Names the network that the computer is attached to, anew at every attachment; null without one. */
  attachment(): string | null;
  /** Calls back when the rules have to be looked at again: another network, or somebody removed them. */
  onStale(listener: () => void): void;
  /** Stops watching. What is in force stays. */
  close(): void;
}

/** How programs of this computer reach the helper, and who they are. */
export interface Callers {
  /** Rejects when another helper is there already. `accept` is called once for each connection. */
  listen(accept: (stream: CallerStream, caller: CallerIdentity | null) => void): Promise<void>;
  /** No new ones. */
  close(): Promise<void>;
}

export type CallerStream = Duplex;

/** As the system vouches for it. */
export interface CallerIdentity {
  /** Names the user on this computer: a uid, or a SID. */
  user: string;
  isAdministrator: boolean;
  /** Whether this user may use the helper at all. */
  isAllowed: boolean;
  pid: number;
}
