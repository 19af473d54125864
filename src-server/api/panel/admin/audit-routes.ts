import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import {
  type AuditVerification,
  auditActionsAnswer,
  auditAnswer,
  auditExportQuery,
  auditQuery,
  auditVerification,
} from '../../../../src-shared/panel/audit.ts';
import { problemSchema } from '../../../../src-shared/problem.ts';
import type { IndexGap } from '../../../audit/audit-index.ts';
import { appendAudit, newestSeq } from '../../../audit/audit-log.ts';
import { isIndexed, readAuditPage } from '../../../audit/audit-pages.ts';
import type { Verification } from '../../../audit/audit-verification.ts';
import { writeWhenFree } from '../../../db/later-writes.ts';
import { mayGoOn, panelIdentity } from '../panel-guard.ts';
import { type AdminParts, typed } from './admin-parts.ts';
import { exportAudit } from './audit-export.ts';
import { auditViews } from './audit-view.ts';
import { iso, isoOrNull } from './cursor.ts';
import { noBody } from './member-routes.ts';
import { COUNTS_WAIT_MS } from './overview.ts';

/** `GET audit`, `audit/actions`, `audit/export`, `POST|GET audit/verification`. */
export function registerAuditRoutes(plain: FastifyInstance, { ctx, index, verifier }: AdminParts): void {
  const app = typed(plain);
  const { db } = ctx.database;
  const onIndexError = (error: unknown): void => ctx.log.error({ err: error }, 'audit index failed');
  app.get(
    '/panel/v1/audit',
    {
      schema: { hide: true, querystring: auditQuery, response: { 200: auditAnswer, default: problemSchema } },
    },
    async (request, reply) => {
      const { before, after, limit, ...filter } = request.query;
      const isSearched = isIndexed(filter);
      if (isSearched) await index.catchUpFor(COUNTS_WAIT_MS, onIndexError);
      // First, so that what comes meanwhile is found by the next look.
      const newest = await newestSeq(db);
      const isLive = after !== undefined;
      const rows = await readAuditPage(db, filter, {
        before,
        after,
        order: isLive ? 'asc' : 'desc',
        limit: limit + 1,
      });
      const hasMore = rows.length > limit;
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      if (isLive) shown.reverse();
      return reply.send({
        rows: await auditViews(db, shown),
        nextBefore: !isLive && hasMore && last ? last.seq : null,
        newest: isLive && hasMore && last ? last.seq : Math.max(newest, shown[0]?.seq ?? 0),
        indexing: isSearched ? viewOf(await index.gap(filter.from)) : null,
      });
    },
  );
  app.get(
    '/panel/v1/audit/actions',
    { schema: { hide: true, response: { 200: auditActionsAnswer, default: problemSchema } } },
    async (_request, reply) => {
      await index.catchUpFor(COUNTS_WAIT_MS, onIndexError);
      const rows = await db.selectFrom('audit_hour').select('action').distinct().orderBy('action').execute();
      return reply.send({ actions: rows.map(({ action }) => action) });
    },
  );
  app.get(
    '/panel/v1/audit/export',
    // The rows are streamed, not serialised.
    {
      schema: {
        hide: true,
        querystring: auditExportQuery,
        response: { 200: z.instanceof(Readable), default: problemSchema },
      },
    },
    async (request, reply) => {
      const identity = panelIdentity(request);
      const { actor, ip } = identity;
      const { format, ...filter } = request.query;
      const now = ctx.now();
      // As text, so that people can read when it was.
      const times = (['from', 'to'] as const).flatMap((key) => {
        const at = filter[key];
        return at === undefined ? [] : [[key, new Date(at).toISOString()]];
      });
      const details = { format, ...filter, ...Object.fromEntries(times) };
      const row = { at: now, actor, action: 'audit.export', outcome: 'ok', ip, details } as const;
      // Nothing goes out before it is written down: the one read that waits for who writes, and keeps nobody else waiting.
      await writeWhenFree(db, (tx) => appendAudit(tx, row));
      // A file is whole, however long that takes.
      const ready = isIndexed(filter) ? (): Promise<void> => index.complete() : undefined;
      const rows = exportAudit(db, filter, format, {
        ready,
        mayGoOn: () => mayGoOn(db, identity, 'administrator'),
      });
      // No chunk is made before the one that it follows was taken: after an end nothing that waits goes out.
      const stream = Readable.from(rows, { highWaterMark: 1 });
      stream.on('error', (error) => request.log.warn({ err: error }, 'an export was cut off'));
      const name = `audit-${new Date(now).toISOString().slice(0, 19).replaceAll(':', '')}Z.${format}`;
      return reply
        .header('content-disposition', `attachment; filename="${name}"`)
        .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/jsonl; charset=utf-8')
        .send(stream);
    },
  );
  app.post(
    '/panel/v1/audit/verification',
    {
      schema: { hide: true, body: noBody, response: { 202: auditVerification, default: problemSchema } },
    },
    async (request, reply) => {
      const { actor, ip } = panelIdentity(request);
      const onEnd = ({ state, rows, brokenAt }: Verification): Promise<void> =>
        db.transaction().execute((tx) =>
          appendAudit(tx, {
            at: ctx.now(),
            actor,
            action: 'audit.verify',
            outcome: state === 'holds' ? 'ok' : 'failed',
            ip,
            details: { rows, brokenAt },
          }),
        );
      verifier.begin(onEnd, (error) => ctx.log.error({ err: error }, 'audit verification failed'));
      return reply.code(202).send(verificationView(verifier.state));
    },
  );
  app.get(
    '/panel/v1/audit/verification',
    { schema: { hide: true, response: { 200: auditVerification, default: problemSchema } } },
    async (_request, reply) => reply.send(verificationView(verifier.state)),
  );
}

function verificationView({ startedAt, finishedAt, archived, ...rest }: Verification): AuditVerification {
  return {
    ...rest,
    startedAt: isoOrNull(startedAt),
    finishedAt: isoOrNull(finishedAt),
    archived: archived && { ...archived, at: iso(archived.at) },
  };
}

function viewOf(gap: IndexGap | null): z.infer<typeof auditAnswer>['indexing'] {
  return gap && { rowsLeft: gap.rowsLeft, completeSince: isoOrNull(gap.completeSince) };
}
