import type { ApiScope } from '../../../src-shared/integration-api.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { Tx } from '../../db/database.ts';
import { hashToken, newId, newToken } from '../../tokens.ts';

const DAY_MS = 86_400_000;

export interface NewApiToken {
  name: string;
  scopes: ApiScope[];
  /** CIDR; empty allows every address. */
  allowedIps: string[];
  expiresDays: number;
  actor: string;
  ip?: string | null;
  now: number;
}

/** Makes a token; its value is in the answer and nowhere else. */
export async function createApiToken(
  tx: Tx,
  { name, scopes, allowedIps, expiresDays, actor, ip = null, now }: NewApiToken,
): Promise<{ id: string; token: string; expiresAt: number }> {
  const id = newId(now);
  const token = `pst_${newToken()}`;
  const expiresAt = now + expiresDays * DAY_MS;
  await tx
    .insertInto('api_token')
    .values({
      id,
      name,
      token_hash: hashToken(token),
      scopes_json: JSON.stringify(scopes),
      allowed_ips_json: JSON.stringify(allowedIps),
      expires_at: expiresAt,
      created_at: now,
      revoked_at: null,
      last_used_at: null,
      last_used_ip: null,
      use_count: 0,
      made_by: actor,
      is_kept: 0,
      end_reason: null,
    })
    .execute();
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'api-token.create',
    subject: `api-token:${id}`,
    outcome: 'ok',
    ip,
    details: { name, scopes, allowedIps, expiresDays },
  });
  return { id, token, expiresAt };
}

/** False when there is no such token or it is revoked already. */
export async function revokeApiToken(
  tx: Tx,
  { id, actor, ip = null, now }: { id: string; actor: string; ip?: string | null; now: number },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('api_token')
    .set({ revoked_at: now, end_reason: 'revoked' })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) return false;
  await appendAudit(tx, {
    at: now,
    actor,
    action: 'api-token.revoke',
    subject: `api-token:${id}`,
    outcome: 'ok',
    ip,
  });
  return true;
}
