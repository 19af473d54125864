import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import * as z from 'zod';
import { apiScope } from '../../../../src-shared/integration-api.ts';
import {
  apiTokensAnswer,
  keepTokenRequest,
  newApiTokenAnswer,
  newApiTokenRequest,
  type PanelApiToken,
} from '../../../../src-shared/panel/api-tokens.ts';
import { pageQuery } from '../../../../src-shared/panel/paging.ts';
import { id, textList } from '../../../../src-shared/primitives.ts';
import { ok, problem, problemSchema, type Result } from '../../../../src-shared/problem.ts';
import { namesOf } from '../../../audit/audit-names.ts';
import type { Db } from '../../../db/database.ts';
import type { ApiTokenRow } from '../../../db/schema.ts';
import { sendProblem } from '../../../http/problem-reply.ts';
import { keepToken } from '../../../people/members/maker-tokens.ts';
import { tellOwners } from '../../../people/members/owner-notices.ts';
import { presentAdmin } from '../../../people/members/owner-rules.ts';
import { checkStepUp } from '../../../people/session/step-up.ts';
import { createApiToken, revokeApiToken } from '../../integration/api-token-store.ts';
import { panelIdentity } from '../panel-guard.ts';
import { type AdminParts, typed } from './admin-parts.ts';
import { decodeCursor, iso, isoOrNull, pageOf, timeKey } from './cursor.ts';

/** `GET|POST api-tokens`, `DELETE api-tokens/{id}`. */
export function registerApiTokenRoutes(plain: FastifyInstance, { ctx }: AdminParts): void {
  const app = typed(plain);
  const { db } = ctx.database;
  app.get(
    '/panel/v1/api-tokens',
    {
      schema: {
        hide: true,
        querystring: pageQuery,
        response: { 200: apiTokensAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const page = await listTokens(db, request.query, ctx.now());
      return page.ok ? reply.send(page.value) : sendProblem(reply, page.problem);
    },
  );
  app.post(
    '/panel/v1/api-tokens',
    {
      schema: {
        hide: true,
        body: newApiTokenRequest,
        response: { 201: newApiTokenAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const identity = panelIdentity(request);
      const { actor, ip } = identity;
      const { name, expiresDays, allowedIps } = request.body;
      const scopes = [...new Set(request.body.scopes)];
      const now = ctx.now();
      const made = await db.transaction().execute(async (tx) => {
        const admin = await presentAdmin(tx, identity);
        if (!admin.ok) return admin;
        const proven = await checkStepUp(tx, identity, now);
        if (!proven.ok) return proven;
        const token = await createApiToken(tx, { name, scopes, allowedIps, expiresDays, actor, ip, now });
        const expiresAt = iso(token.expiresAt);
        await tellOwners(tx, ctx, identity, { what: 'api-token', name, scopes, expiresAt });
        return ok(token);
      });
      if (!made.ok) return sendProblem(reply, made.problem);
      const rows = await db.selectFrom('api_token').selectAll().where('id', '=', made.value.id).execute();
      const [apiToken] = await viewsOf(db, rows, now);
      if (!apiToken) return sendProblem(reply, problem('not-found'));
      return reply.code(201).send({ apiToken, token: made.value.token });
    },
  );
  app.put(
    '/panel/v1/api-tokens/:id',
    {
      schema: {
        hide: true,
        params: z.strictObject({ id }),
        body: keepTokenRequest,
        response: { 204: z.null(), default: problemSchema },
      },
    },
    async (request, reply) => {
      const identity = panelIdentity(request);
      const { actor, ip } = identity;
      const { isKept } = request.body;
      const now = ctx.now();
      const kept = await db.transaction().execute(async (tx): Promise<Result<unknown>> => {
        const admin = await presentAdmin(tx, identity);
        if (!admin.ok) return admin;
        const proven = isKept ? await checkStepUp(tx, identity, now) : ok(undefined);
        if (!proven.ok) return proven;
        const changed = await keepToken(tx, { id: request.params.id, isKept, actor, ip, now });
        if (changed.ok && changed.value.hasChanged && isKept)
          await tellOwners(tx, ctx, identity, { what: 'api-token-kept', name: changed.value.name });
        return changed;
      });
      return kept.ok ? reply.code(204).send(null) : sendProblem(reply, kept.problem);
    },
  );
  app.delete(
    '/panel/v1/api-tokens/:id',
    {
      schema: {
        hide: true,
        params: z.strictObject({ id }),
        response: { 204: z.null(), default: problemSchema },
      },
    },
    async (request, reply) => {
      const identity = panelIdentity(request);
      const { actor, ip } = identity;
      const revoked = await db.transaction().execute(async (tx) => {
        const admin = await presentAdmin(tx, identity);
        if (!admin.ok) return admin;
        return ok(await revokeApiToken(tx, { id: request.params.id, actor, ip, now: ctx.now() }));
      });
      if (!revoked.ok) return sendProblem(reply, revoked.problem);
      return revoked.value ? reply.code(204).send(null) : sendProblem(reply, problem('not-found'));
    },
  );
}

async function listTokens(
  db: Db,
  { cursor, limit }: z.infer<typeof pageQuery>,
  now: number,
): Promise<Result<z.infer<typeof apiTokensAnswer>>> {
  const after = decodeCursor(cursor, timeKey);
  if (!after.ok) return after;
  let query = db.selectFrom('api_token').selectAll();
  if (after.value) {
    const [time, tokenId] = after.value;
    query = query.where(sql<boolean>`(created_at, id) < (${time}, ${tokenId})`);
  }
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const { items, nextCursor } = pageOf(rows, limit, (row) => [row.created_at, row.id]);
  return ok({ apiTokens: await viewsOf(db, items, now), nextCursor });
}

async function viewsOf(db: Db, rows: readonly ApiTokenRow[], now: number): Promise<PanelApiToken[]> {
  const names = await namesOf(
    db,
    rows.map(({ made_by }) => ({ actor: made_by, subject: null })),
  );
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    scopes: z.array(apiScope).parse(JSON.parse(row.scopes_json)),
    allowedIps: textList.parse(JSON.parse(row.allowed_ips_json)),
    status: statusOf(row, now),
    createdAt: iso(row.created_at),
    expiresAt: iso(row.expires_at),
    revokedAt: isoOrNull(row.revoked_at),
    lastUsedAt: isoOrNull(row.last_used_at),
    lastUsedIp: row.last_used_ip,
    useCount: row.use_count,
    madeBy: names.get(row.made_by) ?? null,
    isKept: row.is_kept === 1,
    endReason: row.end_reason,
  }));
}

function statusOf(row: ApiTokenRow, now: number): PanelApiToken['status'] {
  if (row.revoked_at !== null) return 'revoked';
  if (row.expires_at <= now) return 'expired';
  return row.suspended_at === null ? 'active' : 'suspended';
}
