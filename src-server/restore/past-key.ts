import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isSqliteError } from '../db/sqlite-error.ts';

export interface PastKey {
  /** Milliseconds since 1970. */
  endedAt: number;
  /** Where a rotation has kept it; null: it was replaced by hand. */
  keptAt: string | null;
}

/** Which encryption key, of those that were replaced since, the server had at `madeAt`; null: the one of now, as far as its database can be asked. */
export function keyInForce(databaseFile: string, madeAt: number | null): PastKey | null {
  if (madeAt === null || !existsSync(databaseFile)) return null;
  try {
    const sqlite = new DatabaseSync(databaseFile, { readOnly: true });
    try {
      const row = sqlite
        .prepare(
          'select ended_at, kept_at from past_encryption_key where ended_at > ? order by ended_at limit 1',
        )
        .get(madeAt);
      if (!row) return null;
      return { endedAt: Number(row.ended_at), keptAt: row.kept_at === null ? null : String(row.kept_at) };
    } finally {
      sqlite.close();
    }
  } catch (error) {
    // Damaged, or of an older version: that is why somebody restores.
    if (isSqliteError(error)) return null;
    throw error;
  }
}
