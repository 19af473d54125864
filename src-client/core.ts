import type { DeviceSummary, ServerInfo } from '../src-shared/client-api.ts';
import type { Source } from '../src-shared/connection-state.ts';
import type { GuardMode, GuardState } from '../src-shared/guard.ts';
import type { OverlapSide } from '../src-shared/helper-rpc.ts';
import type { Result } from '../src-shared/problem.ts';
import type { LevelAnswer, ProofAnswer } from '../src-shared/unlock.ts';
import type { MfaEnrolment, SignInInput, SignInStep } from './session/sign-in-steps.ts';
import type { Snapshot } from './snapshot/snapshot.ts';
import type { SystemEvent } from './system/system-watch.ts';

/** The client without a face: window, tray and terminal call these and render `snapshot()`. Refusals are values. */
export interface ClientCore {
  snapshot(): Snapshot;
  /** Calls back with every new snapshot until the returned function is called. */
  subscribe(listener: (snapshot: Snapshot) => void): () => void;
  /** Reads keychain and settings and, when signed in, opens the channel. Never connects by itself. */
  start(): Promise<void>;
  serverInfo(serverUrl: string, caFile?: string): Promise<Result<ServerInfo>>;
  signIn(input: SignInInput): Promise<Result<SignInStep>>;
  signInMfa(mfaToken: string, method: 'totp' | 'backup-code', code: string): Promise<Result<SignInStep>>;
  /** The step `new-password`: in place of a temporary one. `password-too-weak` may be answered with another. */
  signInNewPassword(passwordToken: string, newPassword: string): Promise<Result<SignInStep>>;
  /** Begins the set-up of an authenticator app; `setupToken` from `mfa-setup`, or null with a session. */
  setUpMfa(setupToken: string | null): Promise<Result<MfaEnrolment>>;
  /** Ends it with a code of the new factor. The backup codes are shown once. Then sign in again. */
  confirmMfa(
    setupToken: string | null,
    factorId: string,
    code: string,
  ): Promise<Result<{ backupCodes: string[] }>>;
  signOut(source: Source): Promise<Result<void>>;
  /**
   * Without `gatewayId`: the nearest that the server hears and knows no trouble of, else the last used, and on to another
   * one when it is gone. `cancelled` when it is taken back while the nearest is looked for.
   * Resolves when `connected`, `gate` or a failure is reached.
   * After a failure that may pass (`server-unreachable`, …) the state is `reconnecting` until `cancel`.
   */
  connect(source: Source, gatewayId?: string): Promise<Result<void>>;
  /**
   * Answers the open gate with all that its challenge requires. Resolves with the server's word on it; `cancelled` when
   * the user has taken back the system's question, which costs no try.
   */
  submitProof(answers: readonly ProofAnswer[]): Promise<Result<void>>;
  /** Takes back the system's question (fingerprint, Windows Hello, …) that is open; the gate stays. */
  cancelPrompt(): void;
  /** Sets or changes the PIN of this device. `pin-too-weak` before anything is sent. */
  setPin(pin: string, proof: LevelAnswer): Promise<Result<void>>;
  removePin(): Promise<Result<void>>;
  /** Registers the best provider that has no obstacle. */
  turnOnBiometrics(proof: LevelAnswer): Promise<Result<void>>;
  turnOffBiometrics(): Promise<Result<void>>;
  /** Tries one way of unlocking against the server without connecting; wrong PINs count. */
  checkUnlock(answer: ProofAnswer): Promise<Result<void>>;
  /** Looks again at what this computer can ask; the answer comes with a snapshot. */
  refreshUnlock(): Promise<void>;
  devices(): Promise<Result<DeviceSummary[]>>;
  /** Removing this one signs it out. */
  removeDevice(deviceId: string): Promise<Result<void>>;
  /** Closes the gate without an answer, or ends an attempt to connect. */
  cancel(source: Source): Promise<Result<void>>;
  disconnect(source: Source): Promise<Result<void>>;
  /** Asks for a fresh proof ahead of the lease's end; the tunnel stays up meanwhile. */
  renew(source: Source): Promise<Result<void>>;
  refresh(): Promise<Result<void>>;
  /** Asks the helper for the tunnel's newest counters, for a graph; they come with a snapshot. No-op without a tunnel. */
  measure(): Promise<void>;
  /**
   * How near the gateways are, where a figure is missing or older than ten minutes and no tunnel is up; they come with
   * snapshots. Resolves when all that answer have.
   */
  measureGateways(): Promise<Result<void>>;
  /**
   * Whose the networks are that are both the team's and the network's here, from now on and each time on this network.
   * `wrong-state` where there is no such choice, `not-supported` by an older helper.
   */
  chooseOverlap(side: OverlapSide): Promise<Result<void>>;
  /** What is held back, newly asked of the helper; so are the answers of the next three. None of them needs a session. */
  guard(): Promise<Result<GuardState>>;
  /** What this user wants beyond the team's word. */
  chooseGuard(mode: GuardMode): Promise<Result<GuardState>>;
  /** Opens the sign-in page of this network for a while, or finds it open; `portal-refused` where that may not be now. */
  openPortal(): Promise<Result<GuardState>>;
  /** Holds nothing back any more until the server says so anew; `release-refused` where the team does not let a user. */
  releaseGuard(): Promise<Result<GuardState>>;
  /** From the operating system; on Linux the core hears it by itself, too. Twice does no harm. `lock` and `suspend` drop what was typed and take back the system's question. */
  systemEvent(event: SystemEvent): void;
  /** Calls back after each event of the system, told or heard by the core itself, when the core has acted on it. */
  onSystemEvent(listener: (event: SystemEvent) => void): () => void;
  /** Takes the tunnel down and closes everything. */
  stop(): Promise<void>;
}
