import { Gauge, Histogram, type Registry } from 'prom-client';
import type { ServerContext } from '../../context.ts';
import type { ClientHub } from '../channel/client-hub.ts';
import type { GatewayRegistry } from '../gateway/gateway-registry.ts';
import type { PendingEnforcement } from './pending-enforcement.ts';

/** What an operator watches: who is connected, who can be told, and what a gateway has not confirmed yet. */
export function registerEnforcementMetrics(
  registry: Registry,
  parts: { ctx: ServerContext; registry: GatewayRegistry; hub: ClientHub; pending: PendingEnforcement },
): void {
  const registers = [registry];
  new Gauge({
    name: 'postern_live_leases',
    help: 'Leases that are alive now',
    registers,
    async collect() {
      const row = await parts.ctx.database.db
        .selectFrom('lease')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('ended_at', 'is', null)
        .executeTakeFirstOrThrow();
      this.set(row.count);
    },
  });
  new Gauge({
    name: 'postern_unenforced_leases',
    help: 'Ended leases whose gateway has not confirmed yet',
    registers,
    async collect() {
      this.set((await parts.pending.unenforced()).length);
    },
  });
  new Gauge({
    name: 'postern_gateways_online',
    help: 'Gateways with an open channel',
    registers,
    collect() {
      this.set(parts.registry.onlineCount);
    },
  });
  const up = new Gauge({
    name: 'postern_gateway_up',
    help: '1 for each gateway with an open channel, 0 for each without',
    labelNames: ['gateway', 'id'],
    registers,
    async collect() {
      const gateways = await parts.ctx.database.db
        .selectFrom('gateway')
        .select(['id', 'name'])
        .where('removed_at', 'is', null)
        .execute();
      up.reset();
      for (const { id, name } of gateways) up.set({ gateway: name, id }, parts.registry.isOnline(id) ? 1 : 0);
    },
  });
  new Gauge({
    name: 'postern_gateways_degraded',
    help: "Of these, gateways whose host keeps members' packets from passing, or whose clock is off",
    registers,
    collect() {
      this.set(parts.registry.degradedCount);
    },
  });
  new Gauge({
    name: 'postern_client_channels',
    help: 'Devices with an open channel',
    registers,
    collect() {
      this.set(parts.hub.openCount);
    },
  });
}

/** From the call until every gateway confirmed, or until the caller was told that one has not. */
export function disconnectHistogram(registry: Registry): Histogram<'enforced'> {
  return new Histogram({
    name: 'postern_disconnect_seconds',
    help: 'Time from the order to end access until the gateways confirmed',
    labelNames: ['enforced'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 2, 5],
    registers: [registry],
  });
}
