import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LEASE_KEY_FILE, leaseKeyIdOf, nextLeaseKeyFile, publicKeyIn } from '../keys/lease-key.ts';
import type { Db, Tx } from './database.ts';
import { prepared } from './prepared.ts';
import type { LeaseKeyRotationRow } from './schema.ts';

/** The newest step of the rotations of the lease key; undefined: there never was one. */
export async function newestLeaseKeyStep(db: Db | Tx): Promise<Omit<LeaseKeyRotationRow, 'id'> | undefined> {
  return (await newest(db, {})).rows[0];
}

const newest = prepared<Record<string, never>, Omit<LeaseKeyRotationRow, 'id'>>((db) =>
  db.selectFrom('lease_key_rotation').select(['step', 'at', 'next_public_key', 'next_key_file']),
);

/** A rotation of the lease key that has begun and is neither taken back nor finished. */
export interface LeaseKeyRotation {
  step: number;
  /** Milliseconds since 1970. */
  begunAt: number;
  nextPublicKey: string;
  /** Where the next key is; null: beside the present one. */
  nextKeyFile: string | null;
}

export async function leaseKeyRotation(db: Db | Tx): Promise<LeaseKeyRotation | null> {
  const row = await newestLeaseKeyStep(db);
  if (!row || row.next_public_key === null) return null;
  const { step, at: begunAt, next_public_key: nextPublicKey, next_key_file: nextKeyFile } = row;
  return { step, begunAt, nextPublicKey, nextKeyFile };
}

/** Writes down a step, which is higher than all before it, also where the clock was set back; answers it. */
export async function noteLeaseKeyStep(
  tx: Db | Tx,
  {
    now,
    nextPublicKey,
    nextKeyFile,
  }: { now: number; nextPublicKey: string | null; nextKeyFile: string | null },
): Promise<number> {
  const before = await newestLeaseKeyStep(tx);
  const step = Math.max(now, (before?.step ?? 0) + 1);
  const values = { step, at: now, next_public_key: nextPublicKey, next_key_file: nextKeyFile };
  await tx
    .insertInto('lease_key_rotation')
    .values({ id: 1, ...values })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
    .execute();
  return step;
}

/**
 * Whether a rotation of the lease key ended between its last two steps: the database has the next key as its own already,
 * and the file of the old one still has its place.
 */
export function isLeaseKeyHalfRotated({
  keysDir,
  databaseFile,
}: {
  keysDir: string;
  databaseFile: string;
}): boolean {
  const next = publicKeyIn(nextLeaseKeyFile(keysDir));
  if (next === null || !existsSync(databaseFile)) return false;
  const own = ownLeaseKeyId(databaseFile);
  const present = publicKeyIn(join(keysDir, LEASE_KEY_FILE));
  return own === leaseKeyIdOf(next) && (present === null || own !== leaseKeyIdOf(present));
}

/** Null for a database of before 0015, or of nobody yet. */
function ownLeaseKeyId(databaseFile: string): string | null {
  const sqlite = new DatabaseSync(databaseFile, { timeout: 5000 });
  try {
    const table = sqlite.prepare("select 1 from sqlite_schema where name = 'key_check'").get();
    const row = table && sqlite.prepare('select lease_key_id from key_check where id = 1').get();
    return row === undefined ? null : String(row.lease_key_id);
  } finally {
    sqlite.close();
  }
}
