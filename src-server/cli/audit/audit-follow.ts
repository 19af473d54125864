import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { AuditIndex } from '../../audit/audit-index.ts';
import { newestSeq } from '../../audit/audit-log.ts';
import { type AuditFilter, isIndexed, readAuditPage, type StoredAudit } from '../../audit/audit-pages.ts';
import type { ServerContext } from '../../context.ts';

/** How often it is asked whether anybody has written, which reads no table. */
const LOOK_MS = 250;
const PAGE_ROWS = 500;

interface Following {
  filter: AuditFilter;
  /** The file as it was before the first row was read (`inodeOf`). */
  opened: number | null;
  /** Rows with a higher `seq` are told. */
  after: number;
  /** Takes rows, the oldest first. */
  tell: (rows: StoredAudit[]) => Promise<void>;
  signal: AbortSignal;
}

/**
 * Tells new rows as they are written, by this process or another one. Resolves when it is to stop, or when the file is
 * no longer the server's: `replaced`, by a restore.
 */
export async function followAudit(
  { database, config: { databaseFile } }: Pick<ServerContext, 'database' | 'config'>,
  { filter, opened, after, tell, signal }: Following,
): Promise<'stopped' | 'replaced'> {
  const { db } = database;
  const index = isIndexed(filter) ? new AuditIndex(db) : null;
  let told = after;
  let seen = -1;
  while (!signal.aborted) {
    const version = database.externalVersion();
    if (version !== seen) {
      seen = version;
      const newest = await newestSeq(db);
      if (newest > told) await index?.catchUp();
      while (told < newest && !signal.aborted) {
        const page = { after: told, before: newest + 1, order: 'asc', limit: PAGE_ROWS } as const;
        const rows = await readAuditPage(db, filter, page);
        await tell(rows);
        told = rows.length < PAGE_ROWS ? newest : (rows.at(-1)?.seq ?? newest);
      }
    }
    if (inodeOf(databaseFile) !== opened) return 'replaced';
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
  return 'stopped';
}

/** Null when there is none. */
export function inodeOf(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.ino ?? null;
}
