import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Selectable } from 'kysely';
import * as z from 'zod';
import { parseJson } from '../../src-shared/parse-json.ts';
import type { Db } from '../db/database.ts';
import type { AuditRow } from '../db/schema.ts';
import type { ServerKeys } from '../keys/server-keys.ts';
import { type AnchorClaims, readAnchor } from './audit-anchor.ts';
import { hashRow } from './audit-log.ts';
import { readPastAnchor } from './past-anchors.ts';

/** A row as a line of an archive: the fields of the Control Panel's export, without the names. */
const archiveRow = z.strictObject({
  seq: z.number().int(),
  at: z.iso.datetime(),
  actor: z.string(),
  action: z.string(),
  subject: z.string().nullable(),
  outcome: z.string(),
  ip: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
  prev_hash: z.string(),
  hash: z.string(),
});
/** The last line. */
const archiveEnd = z.strictObject({ anchor: z.string() });

export function archiveLine(row: Selectable<AuditRow>): string {
  const { seq, at, actor, action, subject, outcome, ip, details_json, prev_hash, hash } = row;
  const [time, details] = [new Date(at).toISOString(), JSON.parse(details_json)];
  const line = { seq, at: time, actor, action, subject, outcome, ip, details, prev_hash, hash };
  return `${JSON.stringify(line)}\n`;
}

export function archiveEndLine(token: string): string {
  return `${JSON.stringify({ anchor: token })}\n`;
}

/** Null when the line is none of a row that its own hash fits. */
export function readArchiveLine(line: string): z.infer<typeof archiveRow> | null {
  const { data: row } = archiveRow.safeParse(parseJson(line));
  if (!row) return null;
  const { at, details, hash, ...rest } = row;
  const stored = { ...rest, at: Date.parse(at), details_json: JSON.stringify(details) };
  return hashRow(stored) === hash ? row : null;
}

export type ArchiveCheck =
  | { ok: true; claims: AnchorClaims }
  /** `line` counts from 1. `row`: changed, or not the one that follows. `end`: no signed line is last. */
  | { ok: false; line: number; why: 'row' | 'end' | 'signature' | 'bounds' };

/**
 * Whether a file is an archive of this server, whole and as it was written; `db` has the anchors of files that a key of
 * before has signed. Rejects when it cannot be read.
 */
export async function checkArchive(
  file: string,
  { db, keys }: { db: Db; keys: ServerKeys },
): Promise<ArchiveCheck> {
  let line = 0;
  let first: { seq: number; prev_hash: string } | null = null;
  let last = { seq: 0, hash: '' };
  let end: string | null = null;
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    line++;
    if (end !== null) return { ok: false, line, why: 'row' };
    const row = readArchiveLine(text);
    if (!row) {
      end = archiveEnd.safeParse(parseJson(text)).data?.anchor ?? null;
      if (end === null) return { ok: false, line, why: 'row' };
      continue;
    }
    if (first !== null && (row.prev_hash !== last.hash || row.seq <= last.seq))
      return { ok: false, line, why: 'row' };
    first ??= row;
    last = row;
  }
  if (end === null) return { ok: false, line, why: 'end' };
  const claims = (await readAnchor(keys, end)) ?? (await readPastAnchor(db, keys, end));
  if (!claims) return { ok: false, line, why: 'signature' };
  const isWhole =
    claims.fromSeq === first?.seq &&
    claims.prevHash === first.prev_hash &&
    claims.seq === last.seq &&
    claims.hash === last.hash &&
    claims.rows === line - 1;
  return isWhole ? { ok: true, claims } : { ok: false, line, why: 'bounds' };
}
