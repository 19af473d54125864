import type { Logger } from 'pino';
import type { ConnectionState, Source } from '../src-shared/connection-state.ts';
import { offeredGateway } from '../src-shared/gateway-choice.ts';
import { fail, ok, type Problem, type Result } from '../src-shared/problem.ts';
import type { ProofAnswer } from '../src-shared/unlock.ts';
import { connectOutcome, leaveOutcome } from './connection/outcome.ts';
import type { CoreParts } from './core-parts.ts';
import type { OpenProfile } from './open-profile.ts';
import { codeProof } from './unlock/proof-maker.ts';

/** What the user asks of the connection: told to the machine, and answered with what becomes of it. */
export class ConnectionCalls {
  readonly #parts: CoreParts;
  readonly #log: Logger;

  constructor(parts: CoreParts, log: Logger) {
    this.#parts = parts;
    this.#log = log;
  }

  /** Nothing is written down before the request is on its way. */
  async connect(profile: OpenProfile, source: Source, gatewayId?: string): Promise<Result<void>> {
    const { helper, driver } = this.#parts;
    const { session } = profile;
    const gateway = gatewayId === undefined ? await this.#defaultGateway(profile) : ok(gatewayId);
    if (!gateway.ok) return gateway;
    const ready = helper.isReady ? ok(undefined) : await helper.ensure();
    if (!ready.ok) {
      driver.feed({ type: 'user.refused', problem: ready.problem, source });
      return ready;
    }
    if (!session.link) return fail('signed-out');
    const { serverUrl } = session.link.account;
    this.#log.info({ source, gatewayId: gateway.value }, 'connect');
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
    this.#parts.driver.feed({ type: 'user.cancel', source });
    return this.#until(leaveOutcome);
  }

  disconnect(source: Source): Promise<Result<void>> {
    this.#log.info({ source }, 'disconnect');
    this.#parts.driver.feed({ type: 'user.disconnect', source });
    return this.#until(leaveOutcome);
  }

  async #defaultGateway({ session, settings }: OpenProfile): Promise<Result<string>> {
    const { publisher } = this.#parts;
    if (publisher.current.gateways.length === 0) {
      const refreshed = await session.refresh();
      if (!refreshed.ok) return refreshed;
    }
    const { gateways, account } = publisher.current;
    const last = account ? settings.current.lastGateway[account.serverUrl] : undefined;
    const gateway = offeredGateway(gateways, ({ id }) => id === last);
    return gateway ? ok(gateway.id) : fail('gateway-not-found', 'Your team has no gateway yet.');
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
