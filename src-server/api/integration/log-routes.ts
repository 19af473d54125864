import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import {
  type GatewayLogsQuery,
  gatewayLogItem,
  gatewayLogsQuery,
  type SystemLogsQuery,
  systemLogItem,
  systemLogsQuery,
} from '../../../src-shared/integration-api.ts';
import { problemSchema } from '../../../src-shared/problem.ts';
import type { AuditIndex } from '../../audit/audit-index.ts';
import { newestSeq } from '../../audit/audit-log.ts';
import { isIndexed } from '../../audit/audit-pages.ts';
import type { ServerContext } from '../../context.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import type { ApiTokenUse } from './api-token.ts';
import { type ConnectionPlace, readGatewayLog } from './gateway-log.ts';
import { tokenOf } from './integration-guard.ts';
import { flattenLogBody, logParameters } from './log-parameters.ts';
import { StablePages } from './stable-pages.ts';
import { readSystemLog, systemLogFilter } from './system-log.ts';

/** How long the search is waited for where there is much that it has not taken in. */
const INDEX_WAIT_MS = 1_000;
/** Since when every row is found by the filter, while not all are; `never`: the newest are not either. */
const INCOMPLETE_HEADER = 'postern-complete-since';

/** The parameters as the OpenAPI document shows them: text. They are parsed together with a JSON body. */
const textParameters = (shape: Record<string, z.ZodType>) =>
  z.strictObject(
    Object.fromEntries(Object.keys(shape).map((name) => [name, z.string().max(200).optional()])),
  );

/**
 * `GET /api/v1/gateway-level-logs` and `/system-level-logs`: filters, and `before` or `after` (the `id` of a row) or
 * `page`, as query parameters or as a JSON body.
 */
export function registerLogRoutes(plain: FastifyInstance, ctx: ServerContext, index: AuditIndex): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { db } = ctx.database;
  const connectionPages = new StablePages<ConnectionPlace>();
  const rowPages = new StablePages<number>();
  app.get(
    '/api/v1/gateway-level-logs',
    {
      config: { scope: 'logs:read' },
      schema: {
        summary: 'Who was connected, from when to when, through which gateway, with how many bytes',
        tags: ['integration'],
        querystring: textParameters(gatewayLogsQuery.shape),
        response: { 200: z.array(gatewayLogItem), default: problemSchema },
      },
    },
    async (request, reply) => {
      const query = await logParameters(request, gatewayLogsQuery);
      if (!query.ok) return sendProblem(reply, query.problem);
      const token = tokenOf(request);
      await token.recordRead();
      const walk = walkOf(token, query.value);
      const rows = await readGatewayLog(db, {
        query: query.value,
        pages: connectionPages,
        walk,
        now: ctx.now(),
      });
      return rows.ok ? reply.send(rows.value) : sendProblem(reply, rows.problem);
    },
  );
  app.get(
    '/api/v1/system-level-logs',
    {
      config: { scope: 'logs:read' },
      schema: {
        summary: 'The audit log',
        tags: ['integration'],
        querystring: textParameters(systemLogsQuery.shape),
        response: { 200: z.array(systemLogItem), default: problemSchema },
      },
    },
    async (request, reply) => {
      const query = await logParameters(request, systemLogsQuery, flattenLogBody);
      if (!query.ok) return sendProblem(reply, query.problem);
      const token = tokenOf(request);
      // What this call itself writes down is not in its own answer.
      const newest = await newestSeq(db);
      await token.recordRead();
      const filter = systemLogFilter(query.value);
      if (isIndexed(filter)) {
        await index.catchUpFor(INDEX_WAIT_MS, (error) => ctx.log.error({ err: error }, 'audit index failed'));
        const gap = await index.gap(filter.from);
        if (gap)
          reply.header(INCOMPLETE_HEADER, gap.completeSince === null ? 'never' : iso(gap.completeSince));
      }
      const walk = walkOf(token, query.value);
      const page = { query: query.value, newest, pages: rowPages, walk, now: ctx.now() };
      return reply.send(await readSystemLog(db, page));
    },
  );
}

const iso = (time: number): string => new Date(time).toISOString();

/** Who reads what: pages by number belong to it. */
function walkOf({ tokenId }: ApiTokenUse, { page, ...query }: SystemLogsQuery | GatewayLogsQuery): string {
  return JSON.stringify([tokenId, query]);
}
