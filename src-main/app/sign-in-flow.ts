import { basename } from 'node:path';
import type { ClientCore } from '../../src-client/core.ts';
import type { MfaEnrolment, SignInStep } from '../../src-client/session/sign-in-steps.ts';
import type { SignInStepView } from '../../src-shared/app-ipc.ts';
import { fail, ok, type Result } from '../../src-shared/problem.ts';

type SignInCore = Pick<
  ClientCore,
  'serverInfo' | 'signIn' | 'signInMfa' | 'signInNewPassword' | 'setUpMfa' | 'confirmMfa'
>;

/** The sign-in under way. Tokens between its steps stay in here; the window only learns which step is next. */
export class SignInFlow {
  readonly #core: SignInCore;
  readonly #defaults: { serverUrl: string | null; caFile: string | null };
  #chosenCa: string | null = null;
  #pending: Exclude<SignInStep, { step: 'done' }> | null = null;
  #enrolment: MfaEnrolment | null = null;
  #backupCodes: readonly string[] | null = null;

  /** `defaults`: a server and its certificate authority, e.g. of a local stack. */
  constructor(core: SignInCore, defaults: { serverUrl: string | null; caFile: string | null }) {
    this.#core = core;
    this.#defaults = defaults;
  }

  /** The codes that were shown last; null when there are none to save. */
  get backupCodes(): readonly string[] | null {
    return this.#backupCodes;
  }

  /** PEM file that the user chose for the server of this sign-in. Answers its name alone. */
  chooseCa(path: string): { fileName: string } {
    this.#chosenCa = path;
    return { fileName: basename(path) };
  }

  serverInfo(serverUrl: string) {
    return this.#core.serverInfo(serverUrl, this.#caFor(serverUrl));
  }

  async signIn(serverUrl: string, email: string, password: string): Promise<Result<SignInStepView>> {
    const caFile = this.#caFor(serverUrl);
    this.#pending = null;
    const input = { serverUrl, email, password, ...(caFile === undefined ? {} : { caFile }) };
    return this.#step(await this.#core.signIn(input));
  }

  async mfa(method: 'totp' | 'backup-code', code: string): Promise<Result<SignInStepView>> {
    if (this.#pending?.step !== 'mfa') return fail('mfa-token-invalid');
    return this.#step(await this.#core.signInMfa(this.#pending.mfaToken, method, code));
  }

  async newPassword(password: string): Promise<Result<SignInStepView>> {
    if (this.#pending?.step !== 'new-password') return fail('mfa-token-invalid');
    return this.#step(await this.#core.signInNewPassword(this.#pending.passwordToken, password));
  }

  /** A new authenticator: for the set-up that sign-in demanded, or for the open session. */
  async setUpMfa(): Promise<Result<{ secret: string; otpauthUri: string }>> {
    const enrolment = await this.#core.setUpMfa(this.#setupToken());
    if (!enrolment.ok) return enrolment;
    this.#enrolment = enrolment.value;
    const { secret, otpauthUri } = enrolment.value;
    return ok({ secret, otpauthUri });
  }

  async confirmMfa(code: string): Promise<Result<{ backupCodes: string[] }>> {
    if (!this.#enrolment) return fail('wrong-state', 'No authenticator is being set up.');
    const { factorId } = this.#enrolment;
    const confirmed = await this.#core.confirmMfa(this.#setupToken(), factorId, code);
    if (!confirmed.ok) return confirmed;
    this.#enrolment = null;
    this.#pending = null;
    this.#backupCodes = confirmed.value.backupCodes;
    return ok({ backupCodes: [...confirmed.value.backupCodes] });
  }

  /** Back to the password; also when the screen is locked, so that nobody else goes on. */
  forget(): void {
    this.#pending = null;
    this.#enrolment = null;
    this.#backupCodes = null;
  }

  #step(answer: Result<SignInStep>): Result<SignInStepView> {
    if (!answer.ok) return answer;
    const step = answer.value;
    if (step.step === 'done') {
      this.forget();
      this.#chosenCa = null;
      return ok({ step: 'done' });
    }
    this.#pending = step;
    return ok(step.step === 'mfa' ? { step: 'mfa', methods: [...step.methods] } : { step: step.step });
  }

  #setupToken(): string | null {
    return this.#pending?.step === 'mfa-setup' ? this.#pending.setupToken : null;
  }

  #caFor(serverUrl: string): string | undefined {
    if (this.#chosenCa !== null) return this.#chosenCa;
    const { serverUrl: known, caFile } = this.#defaults;
    const isDefault =
      known !== null && URL.canParse(known) && new URL(known).origin === new URL(serverUrl).origin;
    return isDefault && caFile !== null ? caFile : undefined;
  }
}
