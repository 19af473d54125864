import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { type MeAnswer, meAnswer } from '../../../src-shared/client-api.ts';
import { problemSchema } from '../../../src-shared/problem.ts';
import { stepUpOf } from '../../access/connection/step-up.ts';
import type { GatewayRegistry } from '../../access/gateway/gateway-registry.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { SessionIdentity } from '../../http/session.ts';
import { readPolicy } from '../../proof/policy/policy-store.ts';
import { enrolledOf } from '../../proof/unlock/unlock-state.ts';
import { sessionOf } from './client-guard.ts';

type GatewayPresence = Pick<GatewayRegistry, 'isOnline' | 'troubleOf'>;

/** `GET /client/v1/me`: everything that a client shows about its account, device and connection. */
export function registerMeRoute(plain: FastifyInstance, ctx: ServerContext, gateways: GatewayPresence): void {
  plain.withTypeProvider<ZodTypeProvider>().get(
    '/client/v1/me',
    {
      schema: {
        summary: 'The signed-in member, this device, the policy, the gateways and the live connection',
        tags: ['client'],
        response: { 200: meAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const answer = await ctx.database.db
        .transaction()
        .setAccessMode('read only')
        .execute((tx) => readMe(tx, ctx, gateways, sessionOf(request)));
      return reply.send(answer);
    },
  );
}

const iso = (time: number): string => new Date(time).toISOString();

/** Read in one transaction without the write lock, so that epoch, lease and step-up belong together. */
async function readMe(
  tx: Tx,
  ctx: ServerContext,
  gateways: GatewayPresence,
  { memberId, deviceId }: SessionIdentity,
): Promise<MeAnswer> {
  const now = ctx.now();
  const member = await tx
    .selectFrom('member')
    .select(['id', 'email', 'name', 'role'])
    .where('id', '=', memberId)
    .executeTakeFirstOrThrow();
  const device = await tx
    .selectFrom('device')
    .selectAll()
    .where('id', '=', deviceId)
    .executeTakeFirstOrThrow();
  const lease = await tx
    .selectFrom('lease')
    .innerJoin('gateway', 'gateway.id', 'lease.gateway_id')
    .select(['lease.id', 'gateway_id', 'begun_at', 'expires_at', 'lease.settings_at'])
    .select('gateway.settings_at as newestSettingsAt')
    .where('device_id', '=', deviceId)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  const rows = await tx
    .selectFrom('gateway')
    .select(['id', 'name', 'endpoint'])
    .where('removed_at', 'is', null)
    .orderBy('name')
    .execute();
  const policy = await readPolicy(tx);
  const { requires, reason } = stepUpOf(device, policy, now);
  return {
    member,
    device: { id: device.id, name: device.name, unlock: enrolledOf(device) },
    policy,
    gateways: rows.map((gateway) => ({
      ...gateway,
      isOnline: gateways.isOnline(gateway.id),
      trouble: gateways.troubleOf(gateway.id),
    })),
    connection: lease
      ? {
          leaseId: lease.id,
          gatewayId: lease.gateway_id,
          startedAt: iso(lease.begun_at),
          expiresAt: iso(lease.expires_at),
          isOutdated: lease.settings_at < lease.newestSettingsAt,
        }
      : null,
    stepUp: { required: requires.length > 0, requires, reason },
    epoch: device.epoch,
    serverTime: iso(now),
  };
}
