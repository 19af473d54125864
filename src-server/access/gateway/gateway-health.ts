import { GATEWAY_STATS_INTERVAL_MS, type HostTrouble } from '../../../src-shared/gateway-channel.ts';
import { panelGateway } from '../../../src-shared/panel/gateways.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import { HourlyBudget } from '../../audit/hourly-budget.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { GatewayRow } from '../../db/schema.ts';
import type { GatewayRegistry, GatewayWire } from './gateway-registry.ts';
import { NewestWins } from './newest-wins.ts';
import { plainText } from './plain-text.ts';

/** Rows in the audit log that a gateway may make in an hour: a host that flaps must not fill it. */
export const HEALTH_ROWS_AN_HOUR = 12;
/** A clock this far off is named, and no more once it is closer than the second. */
const CLOCK_OFF_MS = 30_000;
const CLOCK_RIGHT_MS = 15_000;

const HEARD_LATELY_MS = 3 * GATEWAY_STATS_INTERVAL_MS;

const DEGRADED = 'gateway.degrade';
const RECOVERED = 'gateway.recover';

/** What is wrong on the gateways' hosts: kept with their channel, and told to the record and the audit log. */
export class GatewayHealth {
  readonly #ctx: ServerContext;
  readonly #registry: GatewayRegistry;
  readonly #newest: NewestWins;
  readonly #budget = new HourlyBudget(HEALTH_ROWS_AN_HOUR);
  /** Gateways of which the audit log does not say yet how they are. */
  readonly #untold = new Set<string>();

  constructor(ctx: ServerContext, registry: GatewayRegistry) {
    this.#ctx = ctx;
    this.#newest = new NewestWins(ctx.log);
    this.#registry = registry;
  }

  /** The agent's word on all that keeps members' packets from passing now. */
  noteTroubles(gatewayId: string, wire: GatewayWire, troubles: readonly HostTrouble[]): Promise<void> {
    return this.#newest.run(`${gatewayId} troubles`, () => this.#take(gatewayId, wire, troubles));
  }

  async #take(gatewayId: string, wire: GatewayWire, troubles: readonly HostTrouble[]): Promise<void> {
    const plain = troubles.map(inPlainText);
    if (!this.#registry.noteTroubles(gatewayId, wire, plain)) return;
    const ids = plain.map(({ id }) => id);
    this.#ctx.log.warn({ gatewayId, troubles: ids }, "what keeps packets from passing on the gateway's host");
    await this.#record(gatewayId);
  }

  /** Comes with every report of the agent. `aheadMs`: see `clockAhead`; null leaves what is known of the clock. */
  noteClock(gatewayId: string, wire: GatewayWire, aheadMs: number | null): Promise<void> {
    return this.#newest.run(`${gatewayId} clock`, () => this.#takeClock(gatewayId, wire, aheadMs));
  }

  async #takeClock(gatewayId: string, wire: GatewayWire, aheadMs: number | null): Promise<void> {
    const before = this.#registry.clockTroubleOf(gatewayId);
    const after = aheadMs === null ? before : clockTrouble(aheadMs, before !== null);
    const isOther = before?.detail !== after?.detail && this.#registry.noteClock(gatewayId, wire, after);
    if (isOther && (before === null || after === null))
      this.#ctx.log.warn({ gatewayId, aheadMs }, after?.detail ?? "the gateway's clock is right again");
    if (isOther || this.#untold.has(gatewayId)) await this.#record(gatewayId);
  }

  /** What is more than the log takes now is told once there is room: it ends with how the gateway is. */
  async #record(gatewayId: string): Promise<void> {
    const { database, now } = this.#ctx;
    const troubles = this.#registry.hostTroubles(gatewayId);
    const isDegraded = this.#registry.troubleOf(gatewayId) !== null;
    const isTold = await database.db.transaction().execute(async (tx) => {
      await tx
        .updateTable('gateway')
        .set({ host_troubles_json: JSON.stringify(troubles) })
        .where('id', '=', gatewayId)
        .execute();
      // Of an agent that has only just come back, nothing has ended yet.
      if (!this.#registry.isHealthKnown(gatewayId)) return true;
      if ((await wasDegraded(tx, gatewayId)) === isDegraded) return true;
      if (this.#budget.take(gatewayId, 1, now()) === 0) return false;
      await appendAudit(tx, {
        at: now(),
        actor: `gateway:${gatewayId}`,
        action: isDegraded ? DEGRADED : RECOVERED,
        subject: `gateway:${gatewayId}`,
        outcome: 'ok',
        details: isDegraded ? { troubles: troubles.map(({ id, detail }) => ({ id, detail })) } : {},
      });
      return true;
    });
    if (isTold) this.#untold.delete(gatewayId);
    else this.#untold.add(gatewayId);
  }
}

/** As far as a gateway, which reports every 10 s, was heard of late: for programs beside the server. */
export function hostTroublesOf(
  { host_troubles_json, last_seen_at }: Pick<GatewayRow, 'host_troubles_json' | 'last_seen_at'>,
  now: number,
): HostTrouble[] {
  if (host_troubles_json === null || !isHeardLately({ last_seen_at }, now)) return [];
  return panelGateway.shape.hostTroubles.parse(JSON.parse(host_troubles_json));
}

/** For programs beside the server, which do not see the channels: its agent reports every 10 s. */
export function isHeardLately({ last_seen_at }: Pick<GatewayRow, 'last_seen_at'>, now: number): boolean {
  return last_seen_at >= now - HEARD_LATELY_MS;
}

/** As the audit log has it. */
async function wasDegraded(tx: Tx, gatewayId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('audit')
    .select('action')
    .where('subject', '=', `gateway:${gatewayId}`)
    .where('action', 'in', [DEGRADED, RECOVERED])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.action === DEGRADED;
}

function inPlainText({ id, detail, remedy }: HostTrouble): HostTrouble {
  const name = plainText(id) || 'unknown';
  return { id: name, detail: plainText(detail) || name, remedy: plainText(remedy ?? '') || null };
}

function clockTrouble(aheadMs: number, isNamed: boolean): HostTrouble | null {
  const off = Math.abs(aheadMs);
  if (off <= (isNamed ? CLOCK_RIGHT_MS : CLOCK_OFF_MS)) return null;
  const time = off < 90_000 ? `${Math.round(off / 1000)} s` : `${Math.round(off / 60_000)} min`;
  const where = aheadMs > 0 ? 'ahead of' : 'behind';
  return {
    id: 'clock',
    detail: `The gateway's clock is ${time} ${where} the server's: connections end there earlier or later than they should.`,
    remedy: 'timedatectl set-ntp true',
  };
}
