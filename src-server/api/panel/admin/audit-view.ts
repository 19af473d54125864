import * as z from 'zod';
import { type AuditRowView, auditOutcome } from '../../../../src-shared/panel/audit.ts';
import { namesOf } from '../../../audit/audit-names.ts';
import type { StoredAudit } from '../../../audit/audit-pages.ts';
import type { Db } from '../../../db/database.ts';
import { iso } from './cursor.ts';

const detailsJson = z.record(z.string(), z.unknown());

/** Rows as the page and the exports show them, with names. */
export async function auditViews(db: Db, rows: readonly StoredAudit[]): Promise<AuditRowView[]> {
  const names = await namesOf(db, rows);
  return rows.map((row) => ({
    seq: row.seq,
    at: iso(row.at),
    actor: row.actor,
    actorName: names.get(row.actor) ?? null,
    action: row.action,
    subject: row.subject,
    subjectName: row.subject === null ? null : (names.get(row.subject) ?? null),
    outcome: auditOutcome.parse(row.outcome),
    ip: row.ip,
    details: detailsJson.parse(JSON.parse(row.details_json)),
  }));
}
