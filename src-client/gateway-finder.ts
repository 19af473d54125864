import type { GatewaySummary } from '../src-shared/client-api.ts';
import { equallyGood, offeredGateway } from '../src-shared/gateway-choice.ts';
import { fail, ok, type Result } from '../src-shared/problem.ts';
import type { CoreParts } from './core-parts.ts';
import type { OpenProfile } from './open-profile.ts';

/** Whose connection was just ended waits no longer than this for figures; the last ones, or the last used gateway, do. */
const PATIENCE_AFTER_END_MS = 300;

/** Which gateway is taken where the user has left that to the client. */
export class GatewayFinder {
  readonly #parts: Pick<CoreParts, 'driver' | 'publisher'>;

  constructor(parts: Pick<CoreParts, 'driver' | 'publisher'>) {
    this.#parts = parts;
  }

  /** `cancelled` as soon as `signal` says so. */
  async find({ session, settings, roundTrips }: OpenProfile, signal: AbortSignal): Promise<Result<string>> {
    const { driver, publisher } = this.#parts;
    if (publisher.current.gateways.length === 0) {
      const refreshed = await session.refresh();
      if (!refreshed.ok) return refreshed;
    }
    const { account, gateways } = publisher.current;
    const { view, gatewayId } = driver.machine;
    const isAtRest = view.phase === 'disconnected';
    const candidates = isAtRest ? equallyGood(gateways) : [];
    if (candidates.length > 1) {
      const patienceMs = view.phase === 'disconnected' && view.reason ? PATIENCE_AFTER_END_MS : null;
      await soonest(roundTrips.measure(candidates), patienceMs, signal);
    }
    if (signal.aborted) return fail('cancelled');
    // What is up or on its way is where it is.
    const last = isAtRest ? account && settings.current.lastGateway[account.serverUrl] : gatewayId;
    const preference = {
      isLast: ({ id }: GatewaySummary) => id === last,
      roundTrips: isAtRest ? publisher.current.roundTrips : {},
    };
    const gateway = offeredGateway(publisher.current.gateways, preference);
    return gateway ? ok(gateway.id) : fail('gateway-not-found', 'Your team has no gateway yet.');
  }
}

/** Waits for `work`, for `patienceMs` (null: as long as it takes), or until `signal`, whichever is first. */
async function soonest(work: Promise<void>, patienceMs: number | null, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const gaveUp = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (patienceMs !== null) timer = setTimeout(resolve, patienceMs);
  });
  await Promise.race([work, gaveUp]);
  clearTimeout(timer);
}
