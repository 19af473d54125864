import type { Registry } from 'prom-client';
import { closeCodes } from '../src-shared/client-channel.ts';
import { ClientHub } from './access/channel/client-hub.ts';
import { LeaseKeyNews } from './access/channel/lease-key-news.ts';
import { AccessEnder } from './access/enforcement/access-ender.ts';
import { disconnectHistogram, registerEnforcementMetrics } from './access/enforcement/enforcement-metrics.ts';
import { PendingEnforcement } from './access/enforcement/pending-enforcement.ts';
import { Sweeper } from './access/enforcement/sweeper.ts';
import { GatewayHealth } from './access/gateway/gateway-health.ts';
import { GatewayRegistry } from './access/gateway/gateway-registry.ts';
import { GatewayTokens } from './access/gateway/gateway-tokens.ts';
import type { GuardSource } from './access/guard/guard.ts';
import { ControlAddresses } from './access/lease/control-addresses.ts';
import { ReachedAddresses } from './access/lease/reached-addresses.ts';
import type { ServerContext } from './context.ts';

/** The half of the server that decides who is connected, joined once. */
export interface EnforcementParts {
  registry: GatewayRegistry;
  health: GatewayHealth;
  tokens: GatewayTokens;
  hub: ClientHub;
  pending: PendingEnforcement;
  ender: AccessEnder;
  sweeper: Sweeper;
  control: ControlAddresses;
  reached: ReachedAddresses;
  leaseKeys: LeaseKeyNews;
  guards: GuardSource;
  /** Closes every channel with 1012 (the clients come back) and stops what runs by itself. */
  stop(): Promise<void>;
}

export function createEnforcement(ctx: ServerContext, metrics: Registry): EnforcementParts {
  const registry = new GatewayRegistry(ctx.now);
  const hub = new ClientHub();
  registry.whenChanged((id, isOnline) =>
    hub.broadcast({
      type: 'gateway',
      id,
      state: isOnline ? 'online' : 'offline',
      trouble: registry.troubleOf(id),
    }),
  );
  const pending = new PendingEnforcement(ctx.database.db, ctx.now);
  const ender = new AccessEnder(ctx, registry, hub, pending, disconnectHistogram(metrics));
  const tokens = new GatewayTokens(ctx);
  const sweeper = new Sweeper({ ctx, registry, hub, pending, ender, tokens });
  const control = new ControlAddresses(ctx);
  const leaseKeys = new LeaseKeyNews(ctx);
  registerEnforcementMetrics(metrics, { ctx, registry, hub, pending });
  return {
    registry,
    health: new GatewayHealth(ctx, registry),
    tokens,
    hub,
    pending,
    ender,
    sweeper,
    control,
    reached: new ReachedAddresses(control),
    leaseKeys,
    guards: { keys: ctx.keys, control },
    async stop() {
      control.stop();
      await sweeper.stop();
      await ender.stop();
      await leaseKeys.stop();
      hub.closeAll(closeCodes.restart, 'server restarts');
      registry.closeAll(closeCodes.restart, 'server restarts');
    },
  };
}
