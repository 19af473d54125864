import type { AttentionItem } from '../../../../src-shared/panel/overview.ts';
import type { Db } from '../../../db/database.ts';
import { iso } from './cursor.ts';

const EXPIRES_SOON_MS = 14 * 86_400_000;
const SHOWN_TOKENS = 5;

/** API tokens that wait for an owner, and those that end soon. */
export async function tokenItems(db: Db, now: number): Promise<AttentionItem[]> {
  return [...(await suspended(db, now)), ...(await expiring(db, now))];
}

async function suspended(db: Db, now: number): Promise<AttentionItem[]> {
  const tokens = await db
    .selectFrom('api_token')
    .select(['id', 'name'])
    .where('suspended_at', 'is not', null)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('name')
    .execute();
  if (tokens.length === 0) return [];
  return [{ kind: 'tokens-suspended', count: tokens.length, apiTokens: tokens.slice(0, SHOWN_TOKENS) }];
}

async function expiring(db: Db, now: number): Promise<AttentionItem[]> {
  const tokens = await db
    .selectFrom('api_token')
    .select(['id', 'name', 'expires_at'])
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .where('expires_at', '<=', now + EXPIRES_SOON_MS)
    .orderBy('expires_at')
    .limit(20)
    .execute();
  return tokens.map(({ id, name, expires_at }) => ({
    kind: 'token-expiring',
    apiToken: { id, name },
    expiresAt: iso(expires_at),
  }));
}
