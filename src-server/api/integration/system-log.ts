import * as z from 'zod';
import type { SystemLogsQuery, systemLogItem } from '../../../src-shared/integration-api.ts';
import { type AuditFilter, readAuditPage, type StoredAudit } from '../../audit/audit-pages.ts';
import type { Db } from '../../db/database.ts';
import { spacedTime } from './spaced-time.ts';
import { passOver, type StablePages } from './stable-pages.ts';

const detailsJson = z.record(z.string(), z.unknown());

export function systemLogFilter({
  start: from,
  end: to,
  member_id,
  gateway_id,
  ...query
}: SystemLogsQuery): AuditFilter {
  const { action, outcome, search } = query;
  const about = [
    ...(member_id === undefined ? [] : [`member:${member_id}`]),
    ...(gateway_id === undefined ? [] : [`gateway:${gateway_id}`]),
  ];
  return { action, outcome, search, about, from, to };
}

/** `newest`: the last row that there was before this call was recorded, which is not in its own answer. */
export async function readSystemLog(
  db: Db,
  input: { query: SystemLogsQuery; newest: number; pages: StablePages<number>; walk: string; now: number },
): Promise<z.infer<typeof systemLogItem>[]> {
  const { query, newest, pages, walk, now } = input;
  const filter = systemLogFilter(query);
  const { page, limit, after } = query;
  if (after !== undefined) {
    const rows = await readAuditPage(db, filter, { order: 'asc', after, before: newest + 1, limit });
    return rows.reverse().map(itemOf);
  }
  const { before } = query;
  if (before !== undefined)
    return (
      await readAuditPage(db, filter, { order: 'desc', before: Math.min(before, newest + 1), limit })
    ).map(itemOf);
  const begun = pages.begin(walk, page, newest, now);
  const first =
    begun.behind ?? (await rowBehind(db, filter, { before: begun.newest + 1, count: (page - 1) * limit }));
  const rows = first === null ? [] : await readAuditPage(db, filter, { order: 'desc', before: first, limit });
  pages.end(walk, page, begun.newest, rows.at(-1)?.seq ?? null, now);
  return rows.map(itemOf);
}

/** The `seq` behind the next `count` rows that fit; null when there are not as many. */
async function rowBehind(
  db: Db,
  filter: AuditFilter,
  { before, count }: { before: number; count: number },
): Promise<number | null> {
  // Rows are numbered without gaps.
  const isFiltered = Object.values(filter).some((value) => value !== undefined && value.length !== 0);
  if (!isFiltered) return Math.max(0, before - count);
  return passOver(before, count, async (from, rows) => {
    const [last] = await readAuditPage(db, filter, {
      order: 'desc',
      before: from,
      limit: 1,
      offset: rows - 1,
    });
    return last?.seq;
  });
}

function itemOf(row: StoredAudit): z.infer<typeof systemLogItem> {
  return {
    id: row.seq,
    created_at: spacedTime(row.at),
    actor: row.actor,
    action: row.action,
    subject: row.subject,
    outcome: row.outcome,
    ip_address: row.ip,
    details: detailsJson.parse(JSON.parse(row.details_json)),
  };
}
