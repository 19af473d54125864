import type { Logger } from 'pino';
import type { DeviceSummary, ServerInfo } from '../src-shared/client-api.ts';
import type { Source } from '../src-shared/connection-state.ts';
import type { GuardMode, GuardState } from '../src-shared/guard.ts';
import type { OverlapSide } from '../src-shared/helper-rpc.ts';
import { fail, ok, type Problem, type Result } from '../src-shared/problem.ts';
import { type LevelAnswer, type ProofAnswer, unlockMethod } from '../src-shared/unlock.ts';
import * as account from './account-calls.ts';
import { clockRefusal } from './clock/lease-clock.ts';
import { ConnectionCalls } from './connection-calls.ts';
import type { ClientCore } from './core.ts';
import { type CoreParts, type CorePartsOptions, createCoreParts } from './core-parts.ts';
import { type OpenProfile, openProfile, type ProfileOptions } from './open-profile.ts';
import { ProfileKeeper } from './profile-keeper.ts';
import type { MfaEnrolment, SignInInput, SignInStep } from './session/sign-in-steps.ts';
import type { Snapshot } from './snapshot/snapshot.ts';
import { withinStopLimit } from './stop-limit.ts';
import type { SystemEvent, WatchSystem } from './system/system-watch.ts';

export type RuntimeOptions = ProfileOptions &
  Omit<CorePartsOptions, 'makeProofs' | 'onForgetSession'> & { watchSystem: WatchSystem };

/** The client core: every call goes to the part that it is for, once what it needs is open. */
export class ClientRuntime implements ClientCore {
  readonly #log: Logger;
  readonly #parts: CoreParts;
  readonly #profile: ProfileKeeper;
  readonly #connection: ConnectionCalls;
  readonly #systemListeners = new Set<(event: SystemEvent) => void>();
  #systemWatch: { stop(): void } | null = null;

  constructor(options: RuntimeOptions) {
    this.#log = options.log;
    this.#parts = createCoreParts({
      ...options,
      makeProofs: async (answers, challenge, signal) => {
        const profile = this.#profile.current;
        if (!profile) return fail('signed-out');
        const refusal = await this.#clockRefusal(profile);
        return refusal
          ? { ok: false, problem: refusal }
          : profile.unlock.makeProofs(answers, challenge, signal);
      },
      onForgetSession: () => {
        this.#profile.current?.unlock.abandon();
        this.#profile.current?.session.forget();
      },
    });
    this.#profile = new ProfileKeeper(async () => {
      const opened = await openProfile(options, this.#parts);
      if (opened.ok) this.#systemWatch ??= options.watchSystem((event) => this.systemEvent(event));
      return opened;
    });
    this.#connection = new ConnectionCalls(this.#parts, options.log);
  }

  snapshot(): Snapshot {
    return this.#parts.publisher.current;
  }

  subscribe(listener: (snapshot: Snapshot) => void): () => void {
    return this.#parts.publisher.subscribe(listener);
  }

  async start(): Promise<void> {
    await this.#profile.whenOpen(({ session }) => session.restore());
  }

  serverInfo(serverUrl: string, caFile?: string): Promise<Result<ServerInfo>> {
    return this.#profile.whenOpen(({ signIn }) => signIn.serverInfo(serverUrl, caFile));
  }

  signIn(input: SignInInput): Promise<Result<SignInStep>> {
    return this.#profile.whenOpen((profile) => account.signIn(profile, input, this.snapshot().account));
  }

  signInMfa(mfaToken: string, method: 'totp' | 'backup-code', code: string): Promise<Result<SignInStep>> {
    return this.#profile.whenOpen((profile) => account.signInMfa(profile, mfaToken, method, code));
  }

  signInNewPassword(passwordToken: string, newPassword: string): Promise<Result<SignInStep>> {
    return this.#profile.whenOpen((profile) =>
      account.signInNewPassword(profile, passwordToken, newPassword),
    );
  }

  setUpMfa(setupToken: string | null): Promise<Result<MfaEnrolment>> {
    return this.#profile.whenOpen((profile) => account.setUpMfa(profile, setupToken));
  }

  confirmMfa(
    setupToken: string | null,
    factorId: string,
    code: string,
  ): Promise<Result<{ backupCodes: string[] }>> {
    return this.#profile.whenOpen((profile) => account.confirmMfa(profile, setupToken, factorId, code));
  }

  signOut(source: Source): Promise<Result<void>> {
    return this.#profile.whenSignedIn((profile) => {
      this.#log.info({ source }, 'sign-out');
      return account.signOut(profile);
    });
  }

  connect(source: Source, gatewayId?: string): Promise<Result<void>> {
    return this.#profile.whenSignedIn(async (profile) =>
      this.#enrolmentNoted(await this.#connection.connect(profile, source, gatewayId)),
    );
  }

  async submitProof(answers: readonly ProofAnswer[]): Promise<Result<void>> {
    return this.#enrolmentNoted(await this.#connection.submit(answers));
  }

  cancelPrompt(): void {
    this.#parts.driver.feed({ type: 'user.cancel-prompt' });
    this.#profile.current?.unlock.abandon();
  }

  setPin(pin: string, proof: LevelAnswer): Promise<Result<void>> {
    return this.#profile.whenSignedIn(({ unlock }) => unlock.setPin(pin, proof));
  }

  removePin(): Promise<Result<void>> {
    return this.#profile.whenSignedIn(({ unlock }) => unlock.removePin());
  }

  turnOnBiometrics(proof: LevelAnswer): Promise<Result<void>> {
    return this.#profile.whenSignedIn(({ unlock }) =>
      unlock.turnOnBiometrics(proof, this.snapshot().policy?.unlockMethods ?? unlockMethod.options),
    );
  }

  turnOffBiometrics(): Promise<Result<void>> {
    return this.#profile.whenSignedIn(({ unlock }) => unlock.turnOffBiometrics());
  }

  checkUnlock(answer: ProofAnswer): Promise<Result<void>> {
    return this.#profile.whenSignedIn(({ unlock }) => unlock.check(answer));
  }

  async refreshUnlock(): Promise<void> {
    await this.#profile.whenOpen(async ({ session, unlock }) => {
      await Promise.all([unlock.lookAtProviders(), session.link ? session.refresh() : undefined]);
      return ok(undefined);
    });
  }

  devices(): Promise<Result<DeviceSummary[]>> {
    return this.#profile.whenSignedIn(({ session }) => session.devices());
  }

  removeDevice(deviceId: string): Promise<Result<void>> {
    return this.#profile.whenSignedIn(({ session }) => session.removeDevice(deviceId));
  }

  cancel(source: Source): Promise<Result<void>> {
    return this.#connection.cancel(source);
  }

  disconnect(source: Source): Promise<Result<void>> {
    return this.#connection.disconnect(source);
  }

  renew(source: Source): Promise<Result<void>> {
    return this.#connection.renew(source);
  }

  refresh(): Promise<Result<void>> {
    return this.#profile.whenSignedIn(({ session }) => session.refresh());
  }

  measureGateways(): Promise<Result<void>> {
    return this.#profile.whenSignedIn(async ({ roundTrips, session }) => {
      const refreshed = this.snapshot().gateways.length === 0 ? await session.refresh() : ok(undefined);
      if (refreshed.ok) await roundTrips.measure(this.snapshot().gateways.filter(({ isOnline }) => isOnline));
      return refreshed;
    });
  }

  async chooseOverlap(side: OverlapSide): Promise<Result<void>> {
    this.#log.info({ side }, 'side of an overlap chosen');
    const { overlap, publisher } = this.#parts;
    const chosen = await overlap.choose(side);
    publisher.publish();
    return chosen;
  }

  async measure(): Promise<void> {
    const { driver, helper, tunnelHeard } = this.#parts;
    if (driver.machine.lease === null || !helper.isReady) return;
    const status = await helper.status();
    if (status.ok) tunnelHeard(status.value);
  }

  async guard(): Promise<Result<GuardState>> {
    const { helper, tunnelHeard } = this.#parts;
    const ready = await helper.ensure();
    if (!ready.ok) return ready;
    const status = await helper.status();
    if (!status.ok) return status;
    tunnelHeard(status.value);
    return status.value.guard ? ok(status.value.guard) : fail('not-supported');
  }

  chooseGuard(mode: GuardMode): Promise<Result<GuardState>> {
    this.#log.info({ mode }, 'guard chosen');
    return this.#guardChanged(({ stricter }) => stricter(mode));
  }

  openPortal(): Promise<Result<GuardState>> {
    this.#log.info('portal window asked for');
    return this.#guardChanged(({ portal }) => portal());
  }

  releaseGuard(): Promise<Result<GuardState>> {
    this.#log.info('release of the guard asked for');
    return this.#guardChanged(({ release }) => release());
  }

  systemEvent(event: SystemEvent): void {
    this.#log.info({ event }, 'system event');
    this.#actOn(event);
    for (const listener of this.#systemListeners) listener(event);
  }

  onSystemEvent(listener: (event: SystemEvent) => void): () => void {
    this.#systemListeners.add(listener);
    return () => this.#systemListeners.delete(listener);
  }

  #actOn(event: SystemEvent): void {
    const { driver, publisher } = this.#parts;
    driver.feed({ type: event === 'resume' ? 'wake' : event });
    if (event !== 'lock' && event !== 'suspend') return;
    this.#profile.current?.unlock.abandon();
    const { unlock } = publisher.current;
    publisher.publish({ unlock: { ...unlock, lockCount: unlock.lockCount + 1 } });
  }

  async stop(): Promise<void> {
    const profile = await this.#profile.leave();
    this.#systemWatch?.stop();
    this.#systemWatch = null;
    if (!profile) {
      this.#parts.helper.close();
      return;
    }
    await withinStopLimit(this.#connection.disconnect('quit'));
    await this.#parts.driver.stop();
    this.#parts.helper.close();
    await profile.close();
  }

  async #guardChanged(
    change: (helper: CoreParts['helper']) => Promise<Problem | null>,
  ): Promise<Result<GuardState>> {
    const { helper, publisher } = this.#parts;
    const ready = await helper.ensure();
    if (!ready.ok) return ready;
    const refusal = await change(helper);
    if (refusal) return { ok: false, problem: refusal };
    const { guard } = publisher.current;
    return guard ? ok(guard) : fail('not-supported');
  }

  /** A code is not spent on a lease that this computer's clock spoils. The server is asked before that is said. */
  async #clockRefusal({ session }: OpenProfile): Promise<Problem | null> {
    const look = () => {
      const { clockOffsetMs, policy } = this.snapshot();
      return clockOffsetMs === null || policy === null
        ? null
        : clockRefusal(clockOffsetMs, policy.maxConnectionSeconds);
    };
    if (look() === null) return null;
    // The clock may have been set since the server was heard last.
    await session.refresh();
    return look();
  }

  /** Something that was registered is gone: the server says what is left. */
  #enrolmentNoted(answer: Result<void>): Result<void> {
    const code = answer.ok ? null : answer.problem.code;
    if (code === 'pin-removed' || code === 'unlock-not-enrolled')
      void this.#profile.current?.session.refresh();
    return answer;
  }
}
