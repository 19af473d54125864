import type { Selectable } from 'kysely';
import * as z from 'zod';
import type { ActivityItem } from '../../../src-shared/panel/account.ts';
import { parseJson } from '../../../src-shared/parse-json.ts';
import type { Db } from '../../db/database.ts';
import type { AuditRow } from '../../db/schema.ts';

type AuditEvent = Selectable<AuditRow>;

const details = z
  .looseObject({
    refusal: z.string().optional(),
    reason: z.string().nullish(),
    deviceId: z.string().optional(),
  })
  .catch({});

/**
 * What happened to a member's account, newest first: what they did, and what was done to them or their devices. Each
 * kind is read by its own index and stops at `limit`, so that a long audit log costs nothing.
 */
export async function readActivity(
  db: Db,
  input: { memberId: string; before: number | null; limit: number },
): Promise<{ items: ActivityItem[]; nextCursor: string | null }> {
  const { memberId, before, limit } = input;
  const devices = await db
    .selectFrom('device')
    .select(['id', 'name'])
    .where('member_id', '=', memberId)
    .execute();
  const self = `member:${memberId}`;
  const subjects = [self, ...devices.map(({ id }) => `device:${id}`)];
  const newest = (column: 'actor' | 'subject', value: string): Promise<AuditEvent[]> => {
    let query = db
      .selectFrom('audit')
      .selectAll()
      .where(column, '=', value)
      .orderBy('seq', 'desc')
      .limit(limit + 1);
    if (before !== null) query = query.where('seq', '<', before);
    return query.execute();
  };
  const found = await Promise.all([
    newest('actor', self),
    ...subjects.map((subject) => newest('subject', subject)),
  ]);
  const bySeq = new Map(found.flat().map((row) => [row.seq, row]));
  const seqs = [...bySeq.keys()].sort((a, b) => b - a);
  const page = seqs.slice(0, limit);
  const names = new Map(devices.map(({ id, name }) => [id, name]));
  const items = page.flatMap((seq) => {
    const row = bySeq.get(seq);
    return row ? [itemOf(row, self, names)] : [];
  });
  const last = page.at(-1);
  return { items, nextCursor: seqs.length > limit && last !== undefined ? String(last) : null };
}

function itemOf(row: AuditEvent, self: string, names: Map<string, string>): ActivityItem {
  const { refusal, reason, deviceId } = details.parse(parseJson(row.details_json));
  const device =
    deviceId ?? (row.subject?.startsWith('device:') ? row.subject.slice('device:'.length) : null);
  const outcome = row.outcome === 'ok' || row.outcome === 'refused' ? row.outcome : 'failed';
  return {
    id: String(row.seq),
    at: new Date(row.at).toISOString(),
    action: row.action,
    outcome,
    who: whoOf(row.actor, self),
    // Where an administrator sits is none of the member's business.
    ip: row.actor === self || row.actor === 'anonymous' ? row.ip : null,
    deviceName: device === null ? null : (names.get(device) ?? null),
    reason: refusal ?? reason ?? null,
  };
}

function whoOf(actor: string, self: string): ActivityItem['who'] {
  if (actor === self) return 'you';
  if (actor.startsWith('member:') || actor === 'cli') return 'administrator';
  if (actor.startsWith('api-token:')) return 'integration';
  if (actor === 'server' || actor.startsWith('gateway:')) return 'server';
  return 'unknown';
}
