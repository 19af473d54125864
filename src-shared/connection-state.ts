import type { Challenge, Reason } from './challenge.ts';
import type { Problem } from './problem.ts';

/** Who asked for something: in log, audit and on screen. */
export type Source =
  | 'cli'
  | 'home-button'
  | 'gate-dialog'
  | 'tray'
  | 'deep-link'
  | 'launch'
  | 'server'
  | 'system'
  | 'quit';

export interface LeaseSummary {
  leaseId: string;
  gatewayId: string;
  /** ISO 8601. */
  expiresAt: string;
  epoch: number;
  /** Inside the tunnel, CIDR. */
  addresses: string[];
}

/** The question that the user is looking at. */
export interface GatePrompt {
  gatewayId: string;
  challenge: Challenge;
  /** Who or what ended the connection before; null for a plain connect. */
  reason: Reason | null;
  /** What the last try failed with. */
  lastFailure: Problem | null;
  attemptsLeft: number | null;
  /** ISO 8601, server time: no try is taken before. */
  waitUntil: string | null;
  /** A proof is on its way to the server. */
  isChecking: boolean;
  /** The system is asking its user right now; `cancelPrompt` takes the question back. */
  prompting: 'uv-hw' | 'uv-soft' | null;
}

/** One union for window, tray, notifications and terminal. */
export type ConnectionState =
  | { phase: 'signed-out'; reason: Reason | null }
  | { phase: 'disconnected'; cause: Problem | null; reason: Reason | null; source: Source | null }
  | { phase: 'gate'; prompt: GatePrompt }
  | { phase: 'connecting'; gatewayId: string; attempt: number; lease: LeaseSummary | null }
  | {
      phase: 'connected';
      gatewayId: string;
      lease: LeaseSummary;
      /** ISO 8601: first byte received. */
      since: string;
      health: 'good' | 'stale';
      /** Set while the user is asked to renew ahead of expiry; the tunnel stays up. */
      renewal: GatePrompt | null;
      /** The server announced the end of this lease (ISO 8601). */
      expiring: string | null;
      warning: string | null;
    }
  | {
      phase: 'reconnecting';
      gatewayId: string;
      lease: LeaseSummary | null;
      cause: Problem | null;
      attempt: number;
      /** ISO 8601. */
      nextTryAt: string | null;
      warning: string | null;
    }
  | { phase: 'disconnecting'; next: 'disconnected' | 'gate' | 'reconnect'; reason: Reason | null }
  | { phase: 'blocked'; cause: Reason | null; blockingFailed: Problem | null };

export type Phase = ConnectionState['phase'];

/** Exhaustiveness check: unreachable when every case is handled. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
