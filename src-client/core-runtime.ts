import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { DeviceSummary, ServerInfo } from '../src-shared/client-api.ts';
import type { ConnectionState, Source } from '../src-shared/connection-state.ts';
import type { HelperStatus } from '../src-shared/helper-rpc.ts';
import { totpCode } from '../src-shared/otp-code.ts';
import { fail, ok, type Problem, type Result } from '../src-shared/problem.ts';
import { type LevelAnswer, type ProofAnswer, unlockMethod } from '../src-shared/unlock.ts';
import { startBackground } from './background.ts';
import { createDriver, type Driver } from './connection/driver.ts';
import { connectOutcome, leaveOutcome } from './connection/outcome.ts';
import type { ClientCore } from './core.ts';
import type { Keychain } from './keychain/keychain.ts';
import { SessionKeeper } from './session/session-keeper.ts';
import { malformed, SignIn, type SignInOutcome } from './session/sign-in.ts';
import type { MfaEnrolment, SignInInput, SignInStep } from './session/sign-in-steps.ts';
import { lockProfile } from './settings/profile-lock.ts';
import { openSettings, type SettingsStore } from './settings/settings-store.ts';
import type { Snapshot } from './snapshot/snapshot.ts';
import { SnapshotPublisher } from './snapshot/snapshot-publisher.ts';
import { createHelperClient, type HelperClient } from './tunnel/helper-client.ts';
import { codeProof } from './unlock/proof-maker.ts';
import type { UnlockProvider } from './unlock/provider.ts';
import type { StartTimer } from './unlock/system-prompt.ts';
import { Unlock } from './unlock/unlock.ts';

const STOP_LIMIT_MS = 2_000;

export interface RuntimeOptions {
  log: Logger;
  profileFolder: string;
  helperSocket: string;
  helperOwnerUid: number;
  keychain: Keychain;
  now: () => number;
  monotonic: () => number;
  random: () => number;
  platform: string;
  deviceName: string;
  appVersion: string;
  /** Best first. */
  providers: readonly UnlockProvider[];
  timer: StartTimer;
}

/** What there is once the profile is ours. */
interface Opened {
  settings: SettingsStore;
  session: SessionKeeper;
  signIn: SignIn;
  unlock: Unlock;
  close(): Promise<void>;
}

/** The parts joined. Every call waits for the profile to be open, and refuses when another client holds it. */
export class ClientRuntime implements ClientCore {
  readonly #options: RuntimeOptions;
  readonly #publisher: SnapshotPublisher;
  readonly #helper: HelperClient;
  readonly #driver: Driver;
  #opened: Opened | null = null;
  #opening: Promise<Result<Opened>> | null = null;

  constructor(options: RuntimeOptions) {
    const { log, now, random } = options;
    this.#options = options;
    this.#publisher = new SnapshotPublisher(now, log);
    this.#helper = createHelperClient({
      socketPath: options.helperSocket,
      ownerUid: options.helperOwnerUid,
      random,
      log,
      events: {
        onReady: (status) => {
          this.#driver.feed({ type: 'helper.ready' });
          this.#onTunnel(status);
        },
        onLost: (cause) => {
          this.#publisher.stage({ tunnel: null });
          this.#driver.feed({ type: 'helper.lost', problem: cause });
          this.#publisher.publish();
        },
        onStatus: (status) => this.#onTunnel(status),
      },
    });
    this.#driver = createDriver({
      helper: this.#helper,
      now,
      clockOffsetMs: () => this.#publisher.current.clockOffsetMs ?? 0,
      random,
      log,
      makeProofs: async (answers, challenge, signal) =>
        this.#opened ? this.#opened.unlock.makeProofs(answers, challenge, signal) : fail('signed-out'),
      onChange: (machine) => this.#publisher.publish({ connection: machine.view, policy: machine.policy }),
      onNotice: (kind, text) => this.#publisher.notify(kind, text),
      onForgetSession: () => {
        this.#opened?.unlock.abandon();
        this.#opened?.session.forget();
      },
    });
  }

  snapshot(): Snapshot {
    return this.#publisher.current;
  }

  subscribe(listener: (snapshot: Snapshot) => void): () => void {
    return this.#publisher.subscribe(listener);
  }

  async start(): Promise<void> {
    const opened = await this.#open();
    if (opened.ok) await opened.value.session.restore();
  }

  async serverInfo(serverUrl: string, caFile?: string): Promise<Result<ServerInfo>> {
    const opened = await this.#open();
    return opened.ok ? opened.value.signIn.serverInfo(serverUrl, caFile) : opened;
  }

  async signIn(input: SignInInput): Promise<Result<SignInStep>> {
    const opened = await this.#open();
    if (!opened.ok) return opened;
    const account = this.#publisher.current.account;
    if (account) return fail('wrong-state', `You are signed in as ${account.email}. Sign out first.`);
    await opened.value.session.forgotten();
    return this.#signedIn(opened.value, await opened.value.signIn.begin(input));
  }

  async signInMfa(
    mfaToken: string,
    method: 'totp' | 'backup-code',
    code: string,
  ): Promise<Result<SignInStep>> {
    const opened = await this.#open();
    if (!opened.ok) return opened;
    return this.#signedIn(opened.value, await opened.value.signIn.mfa(mfaToken, method, code));
  }

  async setupMfa(setupToken: string | null): Promise<Result<MfaEnrolment>> {
    const opened = await this.#open();
    if (!opened.ok) return opened;
    const { session, signIn } = opened.value;
    if (setupToken !== null) return signIn.setupMfa(setupToken);
    return session.link ? session.link.rest.mfaSetup(null, session.link.token) : fail('signed-out');
  }

  async confirmMfa(
    setupToken: string | null,
    factorId: string,
    code: string,
  ): Promise<Result<{ backupCodes: string[] }>> {
    const opened = await this.#open();
    if (!opened.ok) return opened;
    const { session, signIn } = opened.value;
    if (setupToken !== null) return signIn.confirmMfa(setupToken, factorId, code);
    const parsed = totpCode.safeParse(code);
    if (!parsed.success) return fail('invalid-code', malformed('totp'));
    if (!session.link) return fail('signed-out');
    return session.link.rest.mfaConfirm({ factorId, code: parsed.data }, session.link.token);
  }

  async signOut(source: Source): Promise<Result<void>> {
    const opened = await this.#ready();
    if (!opened.ok) return opened;
    this.#options.log.info({ source }, 'sign-out');
    const answer = await opened.value.session.signOut();
    await opened.value.settings.flush();
    return answer;
  }

  async connect(source: Source, gatewayId?: string): Promise<Result<void>> {
    const opened = this.#opened?.session.link ? ok(this.#opened) : await this.#ready();
    if (!opened.ok) return opened;
    const { session, settings } = opened.value;
    const gateway = gatewayId ?? (await this.#defaultGateway(opened.value));
    if (gateway === null) return fail('gateway-not-found', 'Your team has no gateway yet.');
    if (typeof gateway !== 'string') return { ok: false, problem: gateway };
    const helper = this.#helper.isReady ? ok(undefined) : await this.#helper.ensure();
    if (!helper.ok) {
      this.#driver.feed({ type: 'user.refused', problem: helper.problem, source });
      return helper;
    }
    if (!session.link) return fail('signed-out');
    const { serverUrl } = session.link.account;
    this.#options.log.info({ source, gatewayId: gateway }, 'connect');
    this.#driver.feed({ type: 'user.connect', gatewayId: gateway, source });
    const reached = this.#until(connectOutcome);
    if (settings.current.lastGateway[serverUrl] !== gateway)
      settings.change({ lastGateway: { ...settings.current.lastGateway, [serverUrl]: gateway } });
    const answer = await reached;
    if (!answer.ok) this.#noteEnrolment(answer.problem);
    return answer;
  }

  async submitProof(answers: readonly ProofAnswer[]): Promise<Result<void>> {
    const methods = answers.map(({ method }) => method);
    if (methods.length === 0 || new Set(methods).size < methods.length) return fail('invalid-request');
    const normalised: ProofAnswer[] = [];
    for (const answer of answers) {
      const checked = 'code' in answer ? codeProof(answer) : ok(answer);
      if (!checked.ok) return checked;
      normalised.push(checked.value);
    }
    const refusal = await this.#driver.submit(normalised);
    if (refusal) this.#noteEnrolment(refusal);
    return asResult(refusal);
  }

  cancelPrompt(): void {
    this.#driver.feed({ type: 'user.cancel-prompt' });
    this.#opened?.unlock.abandon();
  }

  async setPin(pin: string, proof: LevelAnswer): Promise<Result<void>> {
    const opened = await this.#ready();
    return opened.ok ? opened.value.unlock.setPin(pin, proof) : opened;
  }

  async removePin(): Promise<Result<void>> {
    const opened = await this.#ready();
    return opened.ok ? opened.value.unlock.removePin() : opened;
  }

  async turnOnBiometrics(proof: LevelAnswer): Promise<Result<void>> {
    const opened = await this.#ready();
    if (!opened.ok) return opened;
    const allowed = this.#publisher.current.policy?.unlockMethods ?? unlockMethod.options;
    return opened.value.unlock.turnOnBiometrics(proof, allowed);
  }

  async turnOffBiometrics(): Promise<Result<void>> {
    const opened = await this.#ready();
    return opened.ok ? opened.value.unlock.turnOffBiometrics() : opened;
  }

  async checkUnlock(answer: ProofAnswer): Promise<Result<void>> {
    const opened = await this.#ready();
    return opened.ok ? opened.value.unlock.check(answer) : opened;
  }

  async refreshUnlock(): Promise<void> {
    const opened = await this.#open();
    if (!opened.ok) return;
    const { session, unlock } = opened.value;
    await Promise.all([unlock.lookAtProviders(), session.link ? session.refresh() : undefined]);
  }

  async devices(): Promise<Result<DeviceSummary[]>> {
    const opened = await this.#ready();
    return opened.ok ? opened.value.session.devices() : opened;
  }

  async removeDevice(deviceId: string): Promise<Result<void>> {
    const opened = await this.#ready();
    return opened.ok ? opened.value.session.removeDevice(deviceId) : opened;
  }

  async cancel(source: Source): Promise<Result<void>> {
    this.#options.log.info({ source }, 'cancel');
    this.#driver.feed({ type: 'user.cancel', source });
    return this.#until(leaveOutcome);
  }

  async disconnect(source: Source): Promise<Result<void>> {
    this.#options.log.info({ source }, 'disconnect');
    this.#driver.feed({ type: 'user.disconnect', source });
    return this.#until(leaveOutcome);
  }

  async renew(source: Source): Promise<Result<void>> {
    this.#options.log.info({ source }, 'renew');
    return asResult(await this.#driver.renew());
  }

  async refresh(): Promise<Result<void>> {
    const opened = await this.#ready();
    return opened.ok ? opened.value.session.refresh() : opened;
  }

  async measure(): Promise<void> {
    if (this.#driver.machine.lease === null || !this.#helper.isReady) return;
    const status = await this.#helper.status();
    if (status.ok) this.#onTunnel(status.value);
  }

  systemEvent(event: 'suspend' | 'resume' | 'lock' | 'network-changed'): void {
    this.#options.log.info({ event }, 'system event');
    this.#driver.feed({ type: event === 'resume' ? 'wake' : event });
    if (event !== 'lock' && event !== 'suspend') return;
    this.#opened?.unlock.abandon();
    const { unlock } = this.#publisher.current;
    this.#publisher.publish({ unlock: { ...unlock, lockCount: unlock.lockCount + 1 } });
  }

  async stop(): Promise<void> {
    await this.#opening;
    const opened = this.#opened;
    this.#opened = null;
    if (!opened) return;
    this.#driver.feed({ type: 'user.disconnect', source: 'quit' });
    await Promise.race([this.#until(leaveOutcome), pause(STOP_LIMIT_MS)]);
    await this.#driver.stop();
    this.#helper.close();
    await opened.close();
  }

  /** Lock, settings, helper and clocks: once. After a refusal the next call tries again. */
  #open(): Promise<Result<Opened>> {
    if (this.#opened) return Promise.resolve(ok(this.#opened));
    this.#opening ??= this.#openProfile().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #openProfile(): Promise<Result<Opened>> {
    const { profileFolder, keychain, now, monotonic, random, log, platform, deviceName } = this.#options;
    const lock = lockProfile(profileFolder);
    if (!lock.ok) {
      const refusal: ConnectionState = {
        phase: 'disconnected',
        cause: lock.problem,
        reason: null,
        source: null,
      };
      this.#publisher.publish({ connection: refusal });
      return lock;
    }
    const publisher = this.#publisher;
    const driver = this.#driver;
    const settings = await openSettings({ folder: profileFolder, now, newId: randomUUID, log });
    const session = new SessionKeeper({ settings, keychain, driver, publisher, now, monotonic, random, log });
    const openRest = session.openRest.bind(session);
    const signIn = new SignIn({ settings, keychain, openRest, deviceName, platform });
    const unlock = this.#createUnlock(settings, session);
    const background = startBackground({
      driver,
      helper: this.#helper,
      session,
      now,
      monotonic,
      log,
      onTunnel: (status) => this.#onTunnel(status),
    });
    this.#helper.start();
    publisher.publish({ connection: driver.machine.view });
    if (settings.notice) publisher.notify('settings-damaged', settings.notice);
    void unlock.lookAtProviders();
    this.#opened = {
      settings,
      session,
      signIn,
      unlock,
      async close() {
        background.stop();
        unlock.abandon();
        await Promise.race([Promise.all([session.close(), signIn.close()]), pause(STOP_LIMIT_MS)]);
        await settings.flush();
        lock.value.release();
      },
    };
    return ok(this.#opened);
  }

  #createUnlock(settings: SettingsStore, session: SessionKeeper): Unlock {
    const { providers, profileFolder, appVersion, keychain, now, timer, log } = this.#options;
    const publisher = this.#publisher;
    return new Unlock({
      ...{ providers, profileFolder, appVersion, keychain, timer, log, settings, session },
      serverNow: () => now() + (publisher.current.clockOffsetMs ?? 0),
      onKeychain: (state) => {
        if (publisher.current.keychain !== state) publisher.publish({ keychain: state });
      },
      onProviders: (states) =>
        publisher.publish({ unlock: { ...publisher.current.unlock, providers: states } }),
    });
  }

  /** Something that was registered is gone: the server says what is left. */
  #noteEnrolment(refusal: Problem): void {
    if (refusal.code === 'pin-removed' || refusal.code === 'unlock-not-enrolled')
      void this.#opened?.session.refresh();
  }

  /** Open, and signed in if that is possible without asking: the keyring may have been unlocked meanwhile. */
  async #ready(): Promise<Result<Opened>> {
    const opened = await this.#open();
    if (!opened.ok) return opened;
    const restored = await opened.value.session.restore();
    return restored.ok ? opened : restored;
  }

  #signedIn(opened: Opened, outcome: Result<SignInOutcome>): Result<SignInStep> {
    if (!outcome.ok) return outcome;
    if ('step' in outcome.value) return ok(outcome.value.step);
    const established = opened.session.establish(outcome.value.session);
    return established.ok ? ok({ step: 'done' }) : established;
  }

  async #defaultGateway({ session, settings }: Opened): Promise<string | null | Problem> {
    if (this.#publisher.current.gateways.length === 0) {
      const refreshed = await session.refresh();
      if (!refreshed.ok) return refreshed.problem;
    }
    const { gateways, account } = this.#publisher.current;
    const last = account ? settings.current.lastGateway[account.serverUrl] : undefined;
    return (gateways.find((gateway) => gateway.id === last) ?? gateways[0])?.id ?? null;
  }

  #onTunnel(status: HelperStatus): void {
    this.#publisher.stage({ tunnel: status });
    this.#driver.helperStatus(status);
    this.#publisher.publish();
  }

  /** Resolves with the first word of `judge` on the connection, now or later. */
  #until(judge: (view: ConnectionState) => Result<void> | null): Promise<Result<void>> {
    const now = judge(this.#driver.machine.view);
    if (now) return Promise.resolve(now);
    return new Promise((resolve) => {
      const unsubscribe = this.#publisher.subscribe(() => {
        const word = judge(this.#driver.machine.view);
        if (!word) return;
        unsubscribe();
        resolve(word);
      });
    });
  }
}

function asResult(refusal: Problem | null): Result<void> {
  return refusal ? { ok: false, problem: refusal } : ok(undefined);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
