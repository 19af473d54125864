import type { Logger } from 'pino';
import type { ConnectionState, Source } from '../src-shared/connection-state.ts';
import { fail, ok, type Problem, type Result } from '../src-shared/problem.ts';
import type { ProofAnswer } from '../src-shared/unlock.ts';
import { connectOutcome, leaveOutcome } from './connection/outcome.ts';
import type { CoreParts } from './core-parts.ts';
import { GatewayFinder } from './gateway-finder.ts';
import type { OpenProfile } from './open-profile.ts';
import { codeProof } from './unlock/proof-maker.ts';

/** What the user asks of the connection: told to the machine, and answered with what becomes of it. */
export class ConnectionCalls {
  readonly #parts: CoreParts;
  readonly #log: Logger;

  readonly #finder: GatewayFinder;
  /** Calls that are still looking for the nearest gateway. */
  readonly #finding = new Set<AbortController>();

  constructor(parts: CoreParts, log: Logger) {
    this.#parts = parts;
    this.#finder = new GatewayFinder(parts);
    this.#log = log;
  }

  /** Nothing is written down before the request is on its way. */
  async connect(profile: OpenProfile, source: Source, gatewayId?: string): Promise<Result<void>> {
    const { helper, driver } = this.#parts;
    const { session } = profile;
    // Before a gateway is looked for: only the helper knows whether a tunnel is up.
    const ready = helper.isReady ? ok(undefined) : await helper.ensure();
    if (!ready.ok) {
      driver.feed({ type: 'user.refused', problem: ready.problem, source });
      return ready;
    }
    const gateway = await this.#gateway(profile, gatewayId);
    if (!gateway.ok) return gateway;
    if (!session.link) return fail('signed-out');
    const { serverUrl } = session.link.account;
    this.#log.info({ source, gatewayId: gateway.value }, 'connect');
    profile.roundTrips.abandon();
    driver.feed({ type: 'user.connect', gatewayId: gateway.value, source, isAuto: gatewayId === undefined });
    const reached = this.#until(connectOutcome);
    rememberGateway(profile, serverUrl, gateway.value);
    return reached;
  }

  async submit(answers: readonly ProofAnswer[]): Promise<Result<void>> {
    const methods = answers.map(({ method }) => method);
    if (methods.length === 0 || new Set(methods).size < methods.length) return fail('invalid-request');
    const normalised: ProofAnswer[] = [];
    for (const answer of answers) {
      const checked = 'code' in answer ? codeProof(answer) : ok(answer);
      if (!checked.ok) return checked;
      normalised.push(checked.value);
    }
    return asResult(await this.#parts.driver.submit(normalised));
  }

  async renew(source: Source): Promise<Result<void>> {
    this.#log.info({ source }, 'renew');
    return asResult(await this.#parts.driver.renew());
  }

  cancel(source: Source): Promise<Result<void>> {
    this.#log.info({ source }, 'cancel');
    this.#stopFinding();
    this.#parts.driver.feed({ type: 'user.cancel', source });
    return this.#until(leaveOutcome);
  }

  disconnect(source: Source): Promise<Result<void>> {
    this.#log.info({ source }, 'disconnect');
    this.#stopFinding();
    this.#parts.driver.feed({ type: 'user.disconnect', source });
    return this.#until(leaveOutcome);
  }

  /** The one that was chosen, or the best; `cancelled` where the user has meanwhile chosen one, or gone. */
  async #gateway(profile: OpenProfile, gatewayId: string | undefined): Promise<Result<string>> {
    if (gatewayId !== undefined) {
      this.#stopFinding();
      return ok(gatewayId);
    }
    const finding = new AbortController();
    this.#finding.add(finding);
    try {
      return await this.#finder.find(profile, finding.signal);
    } finally {
      this.#finding.delete(finding);
    }
  }

  #stopFinding(): void {
    for (const finding of this.#finding) finding.abort();
  }

  /** Resolves with the first word of `judge` on the connection, now or later. */
  #until(judge: (view: ConnectionState) => Result<void> | null): Promise<Result<void>> {
    const { driver, publisher } = this.#parts;
    const now = judge(driver.machine.view);
    if (now) return Promise.resolve(now);
    return new Promise((resolve) => {
      const unsubscribe = publisher.subscribe(() => {
        const word = judge(driver.machine.view);
        if (!word) return;
        unsubscribe();
        resolve(word);
      });
    });
  }
}

function rememberGateway({ settings }: OpenProfile, serverUrl: string, gatewayId: string): void {
  const { lastGateway } = settings.current;
  if (lastGateway[serverUrl] !== gatewayId)
    settings.change({ lastGateway: { ...lastGateway, [serverUrl]: gatewayId } });
}

function asResult(refusal: Problem | null): Result<void> {
  return refusal ? { ok: false, problem: refusal } : ok(undefined);
}
