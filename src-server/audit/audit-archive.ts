import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { giveToFolderOwner } from '../../src-node/file-owner.ts';
import { flush, makePrivateFile } from '../../src-node/private-file.ts';
import type { ServerContext } from '../context.ts';
import { inBackground } from '../db/background.ts';
import type { Db, Tx } from '../db/database.ts';
import { archiveEndLine, archiveLine, readArchiveLine } from './archive-file.ts';
import { type AnchorClaims, anchorRow, signAnchor } from './audit-anchor.ts';
import { forgetRows } from './audit-index.ts';
import { appendAudit, GENESIS, newestAnchor } from './audit-log.ts';

const SLICE_ROWS = 1_000;
/** Rows that leave in one transaction: a server beside waits no longer than these take (a few milliseconds). */
const REMOVED_AT_ONCE = 100;

export type ArchiveResult =
  | { ok: true; claims: AnchorClaims }
  | { ok: false; why: 'file-exists' | 'other-archive' }
  | Unwritten;

/** Nothing was removed. */
type Unwritten = { ok: false; why: 'nothing' } | { ok: false; why: 'broken'; brokenAt: number };

/**
 * Writes the rows that are older than `before` (milliseconds since 1970) to `file` (0600) and only then, once that is on
 * disk, signs the anchor that lets the chain begin behind them. `removeArchived` takes them out; a crash at any moment
 * leaves each row in the log, in the file, or in both. Rejects when the file cannot be written; it is not there then.
 */
export async function archiveAudit(
  ctx: ServerContext,
  { before, file, actor }: { before: number; file: string; actor: string },
): Promise<ArchiveResult> {
  const { db } = ctx.database;
  const end = await endOf(db, before);
  const anchor = await newestAnchor(db);
  if (end <= (anchor?.seq ?? 0)) return { ok: false, why: 'nothing' };
  const partial = `${file}.${process.pid}.partial`;
  const claim = claimFile(file);
  if (!claim) return { ok: false, why: 'file-exists' };
  try {
    const written = await writeRows(ctx, partial, {
      after: anchor?.seq ?? 0,
      end,
      prevHash: anchor?.hash ?? GENESIS,
    });
    if (!written.ok) return written;
    await rename(partial, file);
    flush(dirname(file));
    const { claims, token } = written;
    // From here on the rows may leave the log: whatever happens now, the file stays.
    claim.isKept = true;
    const taken = db.transaction().execute(async (tx) => {
      if ((await newestAnchor(tx))?.seq !== anchor?.seq) return false;
      const { rows, fromSeq, seq: throughSeq, hash } = claims;
      const details = { rows, fromSeq, throughSeq, before: new Date(before).toISOString(), hash };
      await appendAudit(tx, { at: ctx.now(), actor, action: 'audit.archive', outcome: 'ok', details });
      await tx.insertInto('audit_anchor').values(anchorRow(claims, token)).execute();
      return true;
    });
    claim.isKept = await taken.catch(async (error: unknown) => {
      // A full disk took nothing: every row is in the log still, and the name is free for the next try.
      const newest = await newestAnchor(db);
      claim.isKept = newest?.seq !== anchor?.seq;
      throw error;
    });
    return claim.isKept ? { ok: true, claims } : { ok: false, why: 'other-archive' };
  } finally {
    await rm(partial, { force: true });
    if (!claim.isKept) await rm(file, { force: true });
  }
}

/** Takes out what is archived, in slices with pauses. Answers how many rows it took; what is left is for the next call. */
export async function removeArchived(db: Db, isStopping: () => boolean = () => false): Promise<number> {
  let removed = 0;
  while (!isStopping() && (await hasArchived(db))) {
    const count = await inBackground(db, () => db.transaction().execute(removeSome));
    removed += count;
    if (count < REMOVED_AT_ONCE) return removed;
  }
  return removed;
}

/** Asked every few minutes: without the write lock. */
async function hasArchived(db: Db): Promise<boolean> {
  const oldest = await db.selectFrom('audit').select('seq').orderBy('seq').limit(1).executeTakeFirst();
  const anchor = await newestAnchor(db);
  return oldest !== undefined && anchor !== undefined && oldest.seq <= anchor.seq;
}

async function removeSome(tx: Tx): Promise<number> {
  const anchor = await newestAnchor(tx);
  if (!anchor) return 0;
  const rows = await tx
    .selectFrom('audit')
    .select(['seq', 'at', 'action', 'outcome'])
    .where('seq', '<=', anchor.seq)
    .orderBy('seq')
    .limit(REMOVED_AT_ONCE)
    .execute();
  const last = rows.at(-1);
  if (!last) return 0;
  await forgetRows(tx, rows);
  await tx.deleteFrom('audit').where('seq', '<=', last.seq).execute();
  return rows.length;
}

/** The last row before the first one, in the order of times, that is not older. The newest row always stays. */
async function endOf(db: Db, before: number): Promise<number> {
  const stays = await db
    .selectFrom('audit')
    .select('seq')
    .where('at', '>=', before)
    .orderBy('at')
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  const newest = await db
    .selectFrom('audit')
    .select('seq')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return (stays ?? newest ?? { seq: 0 }).seq - 1;
}

async function writeRows(
  ctx: ServerContext,
  file: string,
  { after, end, prevHash }: { after: number; end: number; prevHash: string },
): Promise<{ ok: true; claims: AnchorClaims; token: string } | Unwritten> {
  const out = await open(file, 'w', 0o600);
  try {
    giveToFolderOwner(file, out.fd);
    let [previous, seq, rows] = [prevHash, after, 0];
    let fromSeq: number | null = null;
    for (;;) {
      const slice = await ctx.database.db
        .selectFrom('audit')
        .selectAll()
        .where('seq', '>', seq)
        .where('seq', '<=', end)
        .orderBy('seq')
        .limit(SLICE_ROWS)
        .execute();
      if (slice.length === 0) break;
      let text = '';
      for (const row of slice) {
        const line = archiveLine(row);
        // Read back, so that what leaves the log is what a check of the file will find.
        if (row.prev_hash !== previous || readArchiveLine(line)?.hash !== row.hash)
          return { ok: false, why: 'broken', brokenAt: row.seq };
        text += line;
        previous = row.hash;
        fromSeq ??= row.seq;
        seq = row.seq;
        rows++;
      }
      await out.appendFile(text);
    }
    if (fromSeq === null) return { ok: false, why: 'nothing' };
    const { issuer: iss } = ctx.config;
    const claims = { iss, at: ctx.now(), fromSeq, seq, rows, prevHash, hash: previous };
    const token = signAnchor(ctx.keys, claims);
    await out.appendFile(archiveEndLine(token));
    await out.sync();
    return { ok: true, claims, token };
  } finally {
    await out.close();
  }
}

/** Makes the file, so that nobody else takes its name; null when it is there. `isKept`: it is what it should be. */
function claimFile(file: string): { isKept: boolean } | null {
  try {
    makePrivateFile(file);
    return { isKept: false };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return null;
    throw error;
  }
}
