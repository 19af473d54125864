import type { Logger } from 'pino';
import type { Challenge, Proof } from '../../src-shared/challenge.ts';
import type { KeychainState } from '../../src-shared/connection-state.ts';
import { fail, ok, type Result } from '../../src-shared/problem.ts';
import type { LevelAnswer, PromptMethod, ProofAnswer, UnlockProviderState } from '../../src-shared/unlock.ts';
import type { Keychain } from '../keychain/keychain.ts';
import type { SessionKeeper } from '../session/session-keeper.ts';
import type { SessionLink } from '../session/session-link.ts';
import { knownDevice } from '../session/sign-in.ts';
import type { SettingsStore } from '../settings/settings-store.ts';
import { ProofMaker } from './proof-maker.ts';
import type { UnlockProvider } from './provider.ts';
import { createSystemPrompt, type StartTimer } from './system-prompt.ts';
import { createUnlockCounter } from './unlock-counter.ts';
import { unlockSecrets } from './unlock-secrets.ts';
import { checkUnlock, type SetUpSubject, UnlockSetUp } from './unlock-set-up.ts';

export interface UnlockOptions {
  /** Best first. */
  providers: readonly UnlockProvider[];
  profileFolder: string;
  appVersion: string;
  settings: SettingsStore;
  session: Pick<SessionKeeper, 'link' | 'refresh'>;
  keychain: Keychain;
  /** Milliseconds since 1970 by the server's clock. */
  serverNow: () => number;
  timer: StartTimer;
  log: Logger;
  onKeychain: (state: Exclude<KeychainState, 'absent'>) => void;
  onProviders: (states: readonly UnlockProviderState[]) => void;
}

/** PIN and biometrics of this device: making proofs for the gate, setting up, trying, and what this computer can ask. */
export class Unlock {
  readonly #options: UnlockOptions;
  readonly #maker: ProofMaker;
  readonly #setUp: UnlockSetUp;
  /** Those that had no obstacle when they were looked at last; asking one that has got one says `unavailable`. */
  #usable: readonly UnlockProvider[] = [];
  /** Of everything that runs outside the gate; a lock aborts all of it. */
  #underWay = new AbortController();

  constructor(options: UnlockOptions) {
    const { profileFolder: folder, serverNow, appVersion, timer, log } = options;
    this.#options = options;
    const counter = createUnlockCounter({ folder, now: serverNow, log });
    const prompt = createSystemPrompt(timer);
    const provider = (method: PromptMethod) => this.#provider(method);
    this.#maker = new ProofMaker({ counter, prompt, provider, serverNow, appVersion });
    this.#setUp = new UnlockSetUp({ maker: this.#maker, counter });
  }

  /** For the gate. `signal` is the caller's: a lock reaches it by way of the machine. */
  async makeProofs(
    answers: readonly ProofAnswer[],
    challenge: Challenge,
    signal: AbortSignal,
  ): Promise<Result<Proof[]>> {
    const subject = await this.#subject('reconnect');
    return subject.ok ? this.#maker.all(answers, challenge, subject.value, signal) : subject;
  }

  setPin(pin: string, proof: LevelAnswer): Promise<Result<void>> {
    return this.#change((subject, signal) => this.#setUp.setPin(pin, proof, subject, signal));
  }

  removePin(): Promise<Result<void>> {
    return this.#change((subject) => this.#setUp.removePin(subject));
  }

  /** The best provider that has no obstacle and whose level the team's policy takes. */
  turnOnBiometrics(proof: LevelAnswer, allowed: readonly string[]): Promise<Result<void>> {
    return this.#change(async (subject, signal) => {
      await this.lookAtProviders();
      const provider = this.#usable.find(({ method }) => allowed.includes(method));
      return provider ? this.#setUp.turnOn(provider, proof, subject, signal) : fail('unlock-unavailable');
    });
  }

  turnOffBiometrics(): Promise<Result<void>> {
    return this.#change(({ rest, token }) => rest.removeBiometric(token));
  }

  check(answer: ProofAnswer): Promise<Result<void>> {
    return this.#change((subject, signal) => checkUnlock(answer, this.#maker, subject, signal));
  }

  /** Looks again at what this computer can ask. */
  async lookAtProviders(): Promise<void> {
    const { providers } = this.#options;
    const obstacles = await Promise.all(providers.map((provider) => provider.obstacle()));
    this.#usable = providers.filter((_, index) => obstacles[index] === null);
    const states = providers.map(({ kind, method }, index) => ({
      kind,
      method,
      obstacle: obstacles[index] ?? null,
    }));
    this.#options.log.info({ providers: states }, 'ways to ask the user');
    this.#options.onProviders(states);
  }

  /** Takes back every question outside the gate and drops what was typed for it. */
  abandon(): void {
    this.#underWay.abort();
    this.#underWay = new AbortController();
  }

  /** After a change, and after a refusal that may have been one, the server says what is registered now. */
  async #change(
    run: (subject: SetUpSubject, signal: AbortSignal) => Promise<Result<void>>,
  ): Promise<Result<void>> {
    const { signal } = this.#underWay;
    const subject = await this.#subject('set-up');
    if (!subject.ok) return subject;
    const answer = await run(subject.value, signal);
    if (answer.ok || answer.problem.code === 'pin-removed' || answer.problem.code === 'unlock-not-enrolled')
      await this.#options.session.refresh();
    // The answer of the REST client carries more than a result.
    return answer.ok ? ok(undefined) : { ok: false, problem: answer.problem };
  }

  /** Nobody waits for a look before each question; one that is missing may have come since the last. */
  async #provider(method: PromptMethod): Promise<UnlockProvider | null> {
    const find = () => this.#usable.find((provider) => provider.method === method) ?? null;
    if (find() === null) await this.lookAtProviders();
    return find();
  }

  async #subject(purpose: 'reconnect' | 'set-up'): Promise<Result<SetUpSubject>> {
    const { session, settings, keychain, onKeychain } = this.#options;
    const { link } = session;
    if (!link) return fail('signed-out');
    const issuer = await this.#issuer(link);
    if (!issuer.ok) return issuer;
    const { serverUrl, serverName, email, deviceId } = link.account;
    const { profileId } = settings.current;
    const what = purpose === 'reconnect' ? 'connect to' : 'change how you unlock';
    return ok({
      rest: link.rest,
      token: link.token,
      email,
      deviceId,
      issuer: issuer.value,
      reasonText: `${what} ${serverName} as ${email}`,
      secrets: unlockSecrets({ keychain, profileId, known: knownDevice(serverUrl, email), onKeychain }),
    });
  }

  /** Kept since sign-in; a session from before is completed here. */
  async #issuer(link: SessionLink): Promise<Result<string>> {
    if (link.account.issuer !== undefined) return ok(link.account.issuer);
    const info = await link.rest.serverInfo();
    if (!info.ok) return info;
    const { issuer } = info.value;
    link.account.issuer = issuer;
    this.#options.settings.change({ account: link.account });
    return ok(issuer);
  }
}
