import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { reasonSchema } from '../../../src-shared/challenge.ts';
import {
  type GatewayLogsQuery,
  gatewayLogItem,
  gatewayLogsQuery,
  type SystemLogsQuery,
  systemLogItem,
  systemLogsQuery,
} from '../../../src-shared/integration-api.ts';
import { problemSchema } from '../../../src-shared/problem.ts';
import { AuditIndex } from '../../audit/audit-index.ts';
import { newestSeq } from '../../audit/audit-log.ts';
import { isIndexed, readAuditPage } from '../../audit/audit-pages.ts';
import type { ServerContext } from '../../context.ts';
import type { Db } from '../../db/database.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import { tokenOf } from './integration-guard.ts';
import { flattenLogBody, logParameters } from './log-parameters.ts';
import { spacedTime } from './spaced-time.ts';

const detailsJson = z.record(z.string(), z.unknown());

/** The parameters as the OpenAPI document shows them: text. They are parsed together with a JSON body. */
const textParameters = (shape: Record<string, z.ZodType>) =>
  z.strictObject(
    Object.fromEntries(Object.keys(shape).map((name) => [name, z.string().max(200).optional()])),
  );

/**
 * `GET /api/v1/gateway-level-logs` and `/system-level-logs`: filters, `page` and `limit` as query parameters or as a
 * JSON body.
 */
export function registerLogRoutes(plain: FastifyInstance, ctx: ServerContext): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { db } = ctx.database;
  const index = new AuditIndex(db);
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
      await db.transaction().execute((tx) => tokenOf(request).recordUse(tx));
      return reply.send(await readGatewayLog(db, query.value));
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
      await db.transaction().execute((tx) => tokenOf(request).recordUse(tx));
      return reply.send(await readSystemLog(db, index, query.value));
    },
  );
}

async function readGatewayLog(
  db: Db,
  { start, end, member_id, gateway_id, page, limit }: GatewayLogsQuery,
): Promise<z.infer<typeof gatewayLogItem>[]> {
  let query = db
    .selectFrom('lease')
    .innerJoin('member', 'member.id', 'lease.member_id')
    .innerJoin('device', 'device.id', 'lease.device_id')
    .innerJoin('gateway', 'gateway.id', 'lease.gateway_id')
    .selectAll('lease')
    .select((eb) => [
      'member.name as member_name',
      eb.fn.coalesce('member.former_email', 'member.email').as('email'),
      'device.name as device_name',
      'gateway.name as gateway_name',
      'gateway.endpoint',
    ]);
  if (member_id !== undefined) query = query.where('lease.member_id', '=', member_id);
  if (gateway_id !== undefined) query = query.where('lease.gateway_id', '=', gateway_id);
  if (end !== undefined) query = query.where('lease.begun_at', '<', end);
  if (start !== undefined)
    query = query.where((eb) => eb.or([eb('lease.ended_at', 'is', null), eb('lease.ended_at', '>=', start)]));
  const rows = await query
    .orderBy('lease.begun_at', 'desc')
    .orderBy('lease.id', 'desc')
    .limit(limit)
    .offset((page - 1) * limit)
    .execute();
  return rows.map((row) => {
    const begun = spacedTime(row.begun_at);
    const ended = row.ended_at === null ? null : spacedTime(row.ended_at);
    return {
      id: row.id,
      protocol: 'WireGuard',
      start: begun,
      stop: ended,
      uploaded_bytes: row.rx_bytes,
      downloaded_bytes: row.tx_bytes,
      user: { id: row.member_id, name: row.member_name, username: row.email },
      gateway: {
        id: row.gateway_id,
        name: row.gateway_name,
        ip: row.endpoint?.replace(/:\d+$/, '').replaceAll(/[[\]]/g, '') ?? null,
        location: null,
      },
      member_id: row.member_id,
      username: row.email,
      device_name: row.device_name,
      gateway_id: row.gateway_id,
      gateway_name: row.gateway_name,
      ip_address: row.address,
      connected_at: begun,
      disconnected_at: ended,
      reason: row.end_reason_json === null ? null : reasonSchema.parse(JSON.parse(row.end_reason_json)).code,
      bytes_received: row.rx_bytes,
      bytes_sent: row.tx_bytes,
    };
  });
}

async function readSystemLog(
  db: Db,
  index: AuditIndex,
  { start, end, member_id, gateway_id, page, limit, ...filter }: SystemLogsQuery,
): Promise<z.infer<typeof systemLogItem>[]> {
  const about = [
    ...(member_id === undefined ? [] : [`member:${member_id}`]),
    ...(gateway_id === undefined ? [] : [`gateway:${gateway_id}`]),
  ];
  const offset = (page - 1) * limit;
  const isFiltered = [start, end, ...Object.values(filter), ...about].some((value) => value !== undefined);
  // Nothing is ever taken out of the log: without a filter a page begins where its number says, however deep.
  const place = isFiltered ? { offset } : { before: (await newestSeq(db)) - offset + 1 };
  const wanted = { ...filter, about, from: start, to: end };
  if (isIndexed(wanted)) await index.catchUp();
  const rows = await readAuditPage(db, wanted, { order: 'desc', limit, ...place });
  return rows.map((row) => ({
    id: row.seq,
    created_at: spacedTime(row.at),
    actor: row.actor,
    action: row.action,
    subject: row.subject,
    outcome: row.outcome,
    ip_address: row.ip,
    details: detailsJson.parse(JSON.parse(row.details_json)),
  }));
}
