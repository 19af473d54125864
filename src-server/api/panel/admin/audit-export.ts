import { setImmediate as nextTurn } from 'node:timers/promises';
import { newestSeq } from '../../../audit/audit-log.ts';
import { type AuditFilter, readAuditPage, type StoredAudit } from '../../../audit/audit-pages.ts';
import type { Db } from '../../../db/database.ts';
import { auditViews } from './audit-view.ts';

/** Rows that are in memory at once. */
const CHUNK_ROWS = 500;

const columns = [
  'seq',
  'at',
  'actor',
  'actor_name',
  'action',
  'subject',
  'subject_name',
  'outcome',
  'ip',
  'details',
  'prev_hash',
  'hash',
] as const;
type Cells = Record<(typeof columns)[number], string | number | null>;

/** Whoever asked may not read on. */
export class ExportEndedError extends Error {
  constructor() {
    super('whoever asked for it was signed out, blocked, or is no administrator any more');
  }
}

/**
 * What fits the filter, oldest first, up to what was there when it began: CSV (RFC 4180) for spreadsheets or one JSON
 * object a line. Read as fast as it is taken, once `ready`. Each row carries its hashes: who keeps the file can check the
 * chain of a whole log. Throws `ExportEndedError` where `mayGoOn` says no, which is asked before each chunk.
 */
export async function* exportAudit(
  db: Db,
  filter: AuditFilter,
  format: 'csv' | 'jsonl',
  {
    ready = async () => undefined,
    mayGoOn = async () => true,
  }: { ready?: (() => Promise<void>) | undefined; mayGoOn?: () => Promise<boolean> } = {},
): AsyncGenerator<string> {
  await ready();
  const end = await newestSeq(db);
  // A spreadsheet that is not told by a byte order mark takes UTF-8 for the code page of its country.
  if (format === 'csv') yield `\uFEFF${columns.join(',')}\r\n`;
  let after = 0;
  for (;;) {
    if (!(await mayGoOn())) throw new ExportEndedError();
    const page = { order: 'asc', after, before: end + 1, limit: CHUNK_ROWS } as const;
    const rows = await readAuditPage(db, filter, page);
    const last = rows.at(-1);
    if (!last) return;
    after = last.seq;
    yield (await cellsOf(db, rows)).map(format === 'csv' ? csvLine : jsonLine).join('');
    await nextTurn();
  }
}

async function cellsOf(db: Db, rows: readonly StoredAudit[]): Promise<Cells[]> {
  const views = await auditViews(db, rows);
  return views.map((view, at) => ({
    seq: view.seq,
    at: view.at,
    actor: view.actor,
    actor_name: view.actorName,
    action: view.action,
    subject: view.subject,
    subject_name: view.subjectName,
    outcome: view.outcome,
    ip: view.ip,
    details: rows[at]?.details_json ?? '{}',
    prev_hash: rows[at]?.prev_hash ?? null,
    hash: rows[at]?.hash ?? null,
  }));
}

function jsonLine({ details, ...cells }: Cells): string {
  return `${JSON.stringify({ ...cells, details: JSON.parse(String(details)) })}\n`;
}

function csvLine(cells: Cells): string {
  return `${columns.map((column) => csvCell(cells[column])).join(',')}\r\n`;
}

/** What a spreadsheet may take for the beginning of a formula, in full width too. */
const FORMULA = '=+\\-@\uff1d\uff0b\uff0d\uff20';
const atBeginning = new RegExp(`^(?=[\t\r\n]|[\\s\\u200b\\ufeff]*[${FORMULA}])`);
/** Where a spreadsheet of another country, or one that overlooks quotes, begins the next cell. */
const afterSeparator = new RegExp(`([,;|\t\r\n]\\s*)(?=[${FORMULA}])`, 'g');

/**
 * One cell. Names and reasons come from people: an apostrophe before what a spreadsheet would take for a formula makes it
 * text (OWASP, CSV Injection), also after what it may take for the end of the cell. JSON lines have them as they are.
 */
export function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = value.replace(atBeginning, "'").replace(afterSeparator, "$1'");
  return /[",;\t\r\n]/.test(text) || text !== value ? `"${text.replaceAll('"', '""')}"` : text;
}
