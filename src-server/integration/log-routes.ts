import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { reasonSchema } from '../../src-shared/challenge.ts';
import { logsQuery } from '../../src-shared/integration-api.ts';
import { fail, firstIssue, ok, problemSchema, type Result } from '../../src-shared/problem.ts';
import type { ServerContext } from '../context.ts';
import type { Tx } from '../db/database.ts';
import { sendProblem } from '../http/problem-reply.ts';
import { authenticateApiToken } from './api-token.ts';
import { spacedTime } from './spaced-time.ts';

type Page = z.infer<typeof logsQuery>;

const MAX_BODY_BYTES = 4096;

/** One tunnel, newest first. Times are `YYYY-MM-DD HH:MM:SS` UTC; bytes as the gateway counts them. */
export const gatewayLogItem = z.object({
  id: z.string(),
  member_id: z.string(),
  username: z.string(),
  device_name: z.string(),
  gateway_id: z.string(),
  gateway_name: z.string(),
  ip_address: z.string(),
  connected_at: z.string(),
  disconnected_at: z.string().nullable(),
  reason: z.string().nullable(),
  bytes_received: z.number().int(),
  bytes_sent: z.number().int(),
});

/** One audit row, newest first. */
export const systemLogItem = z.object({
  id: z.number().int(),
  created_at: z.string(),
  actor: z.string(),
  action: z.string(),
  subject: z.string().nullable(),
  outcome: z.string(),
  ip_address: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});

const detailsJson = z.record(z.string(), z.unknown());

/** `GET /api/v1/gateway-level-logs` and `/system-level-logs`: `page` and `limit` as query parameters or as a JSON body. */
export function registerLogRoutes(plain: FastifyInstance, ctx: ServerContext): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { db } = ctx.database;
  app.get(
    '/api/v1/gateway-level-logs',
    {
      schema: {
        summary: 'Who was connected, from when to when, through which gateway, with how many bytes',
        tags: ['integration'],
        querystring: logsQuery.partial(),
        response: { 200: z.array(gatewayLogItem), default: problemSchema },
      },
    },
    async (request, reply) => {
      const token = await authenticateApiToken(ctx, request, 'logs:read');
      if (!token.ok) return sendProblem(reply, token.problem);
      const page = await pageOf(request);
      if (!page.ok) return sendProblem(reply, page.problem);
      const items = await db.transaction().execute(async (tx) => {
        await token.value.recordUse(tx);
        return readGatewayLog(tx, page.value);
      });
      return reply.send(items);
    },
  );
  app.get(
    '/api/v1/system-level-logs',
    {
      schema: {
        summary: 'The audit log',
        tags: ['integration'],
        querystring: logsQuery.partial(),
        response: { 200: z.array(systemLogItem), default: problemSchema },
      },
    },
    async (request, reply) => {
      const token = await authenticateApiToken(ctx, request, 'logs:read');
      if (!token.ok) return sendProblem(reply, token.problem);
      const page = await pageOf(request);
      if (!page.ok) return sendProblem(reply, page.problem);
      const items = await db.transaction().execute(async (tx) => {
        await token.value.recordUse(tx);
        return readSystemLog(tx, page.value);
      });
      return reply.send(items);
    },
  );
}

/** A GET may carry its parameters in a JSON body, as GoodAccess's documentation shows; the query wins. */
async function pageOf(request: FastifyRequest): Promise<Result<Page>> {
  const body = await readJson(request);
  if (!body.ok) return body;
  const fromQuery = logsQuery.partial().safeParse(request.query);
  const fromBody = logsQuery.partial().safeParse(body.value);
  const failed = fromQuery.error ?? fromBody.error;
  if (failed) return fail('invalid-request', firstIssue(failed));
  const { data, error } = logsQuery.safeParse({ ...body.value, ...queryOf(request) });
  return data ? ok(data) : fail('invalid-request', firstIssue(error));
}

const tableSchema = z.record(z.string(), z.unknown());

/** The parameters that the query itself names, without the schema's defaults. */
function queryOf(request: FastifyRequest): Record<string, unknown> {
  return Object.fromEntries(new URL(request.url, 'http://server').searchParams);
}

async function readJson(request: FastifyRequest): Promise<Result<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.raw) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BODY_BYTES) return fail('payload-too-large');
    chunks.push(bytes);
  }
  if (size === 0) return ok({});
  try {
    const parsed = tableSchema.safeParse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
    return parsed.success ? ok(parsed.data) : fail('invalid-request', firstIssue(parsed.error));
  } catch (error) {
    if (error instanceof SyntaxError) return fail('invalid-request', 'body: not JSON');
    throw error;
  }
}

async function readGatewayLog(tx: Tx, { page, limit }: Page): Promise<z.infer<typeof gatewayLogItem>[]> {
  const rows = await tx
    .selectFrom('lease')
    .innerJoin('member', 'member.id', 'lease.member_id')
    .innerJoin('device', 'device.id', 'lease.device_id')
    .innerJoin('gateway', 'gateway.id', 'lease.gateway_id')
    .selectAll('lease')
    .select(['member.email', 'device.name as device_name', 'gateway.name as gateway_name'])
    .orderBy('lease.begun_at', 'desc')
    .orderBy('lease.id', 'desc')
    .limit(limit)
    .offset((page - 1) * limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    member_id: row.member_id,
    username: row.email,
    device_name: row.device_name,
    gateway_id: row.gateway_id,
    gateway_name: row.gateway_name,
    ip_address: row.address,
    connected_at: spacedTime(row.begun_at),
    disconnected_at: row.ended_at === null ? null : spacedTime(row.ended_at),
    reason: row.end_reason_json === null ? null : reasonSchema.parse(JSON.parse(row.end_reason_json)).code,
    bytes_received: row.rx_bytes,
    bytes_sent: row.tx_bytes,
  }));
}

async function readSystemLog(tx: Tx, { page, limit }: Page): Promise<z.infer<typeof systemLogItem>[]> {
  const rows = await tx
    .selectFrom('audit')
    .selectAll()
    .orderBy('seq', 'desc')
    .limit(limit)
    .offset((page - 1) * limit)
    .execute();
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
