import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { sql } from 'kysely';
import * as z from 'zod';
import { serverInfo } from '../../../src-shared/client-api.ts';
import { problem, problemSchema } from '../../../src-shared/problem.ts';
import { formatServerKey } from '../../../src-shared/server-key.ts';
import { isInNetworks } from '../../client-address.ts';
import type { ServerContext } from '../../context.ts';
import { isForwardedInDoubt } from '../../http/forwarding.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import type { Metrics } from '../../metrics/metrics.ts';

/** `GET /healthz`, `/metrics`, `/openapi.json`, `/.well-known/postern`: what is asked without signing in. */
export function registerStatusRoutes(plain: FastifyInstance, ctx: ServerContext, metrics: Metrics): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  app.get(
    '/healthz',
    {
      schema: {
        summary: 'Whether the server and its database work',
        tags: ['status'],
        response: { 200: z.object({ status: z.literal('ok') }), default: problemSchema },
      },
    },
    async (_request, reply) => {
      await sql`select seq from audit limit 1`.execute(ctx.database.db);
      return reply.send({ status: 'ok' as const });
    },
  );
  app.get(
    '/metrics',
    { schema: { hide: true, response: { 200: z.string(), default: problemSchema } } },
    async (request, reply) => {
      if (isForwardedInDoubt(request) || !isInNetworks(request.ip, ctx.config.metricsAllowFrom))
        return sendProblem(reply, problem('not-found'));
      return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
    },
  );
  const document = z.record(z.string(), z.unknown());
  app.get(
    '/openapi.json',
    { schema: { hide: true, response: { 200: document, default: problemSchema } } },
    async (_request, reply) => reply.send({ ...app.swagger() }),
  );
  app.get(
    '/.well-known/postern',
    {
      schema: {
        summary: 'What a client shows before the first sign-in, and the key that root is asked to trust',
        tags: ['status'],
        response: { 200: serverInfo, default: problemSchema },
      },
    },
    async (_request, reply) =>
      reply.send({
        name: ctx.config.teamName,
        issuer: ctx.config.issuer,
        serverKey: formatServerKey(ctx.keys.serverKey),
      }),
  );
}
