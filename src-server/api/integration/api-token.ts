import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import { type ApiScope, apiScope } from '../../../src-shared/integration-api.ts';
import { textList } from '../../../src-shared/primitives.ts';
import { fail, ok } from '../../../src-shared/problem.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import { appendRefusal } from '../../audit/refusals.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import type { ApiTokenRow } from '../../db/schema.ts';
import type { Admission } from '../../http/caller.ts';
import { isInNetworks, plainAddress } from '../../http/client-address.ts';
import { isForwardedInDoubt } from '../../http/forwarding.ts';
import { bearerToken, hashToken } from '../../tokens.ts';

export interface ApiTokenIdentity {
  tokenId: string;
  name: string;
  scopes: ApiScope[];
}

/** `recordUse` belongs into the transaction of what the token was used for. */
export type ApiTokenUse = ApiTokenIdentity & { recordUse(tx: Tx): Promise<void> };

const scopesJson = z.array(apiScope);

type Call = Pick<FastifyRequest, 'headers' | 'ip' | 'getDecorator'> & {
  routeOptions: { url?: string | undefined };
};

/** The API token of the request, if it is alive, allowed from this address, and has the scope (null: any token). */
export async function authenticateApiToken(
  ctx: ServerContext,
  request: Call,
  scope: ApiScope | null,
): Promise<Admission<ApiTokenUse>> {
  const value = bearerToken(request.headers.authorization);
  if (!value) return fail('token-invalid');
  const { rows } = await tokenByHash(ctx.database.db, { hash: hashToken(value) });
  const [row] = rows;
  if (!row) return fail('token-invalid');
  const now = ctx.now();
  const ip = plainAddress(request.ip);
  const actor = `api-token:${row.id}`;
  const action = 'api-token.use';
  const route = request.routeOptions.url ?? null;
  const refuse = (code: 'token-invalid' | 'insufficient-scope', why: string): Admission<never> => ({
    ...fail(code, refusalText(code, why, scope)),
    record: () =>
      ctx.database.db
        .transaction()
        .execute((tx) =>
          appendRefusal(tx, { at: now, actor, action, outcome: 'refused', ip, details: { why, route } }),
        ),
  });
  if (row.revoked_at !== null) return refuse('token-invalid', 'revoked');
  if (row.expires_at <= now) return refuse('token-invalid', 'expired');
  if (row.suspended_at !== null) return refuse('token-invalid', 'suspended');
  const networks = textList.parse(JSON.parse(row.allowed_ips_json));
  if (networks.length > 0 && isForwardedInDoubt(request)) return refuse('token-invalid', 'forwarded');
  if (networks.length > 0 && !isInNetworks(ip, networks)) return refuse('token-invalid', 'address');
  const scopes = scopesJson.parse(JSON.parse(row.scopes_json));
  if (scope !== null && !scopes.includes(scope)) return refuse('insufficient-scope', 'scope');
  return ok({
    tokenId: row.id,
    name: row.name,
    scopes,
    async recordUse(tx) {
      await noteUse(tx, { id: row.id, now, ip });
      await appendAudit(tx, { at: now, actor, action, outcome: 'ok', ip, details: { route } });
    },
  });
}

/** Undefined: the code's own sentence, which tells strangers nothing. */
function refusalText(code: string, why: string, scope: ApiScope | null): string | undefined {
  if (code === 'insufficient-scope') return `The API token does not have the scope ${scope}.`;
  if (why === 'suspended')
    return 'The server was restored from a backup: the API token works again once an owner has confirmed it in the Control Panel.';
  return undefined;
}

const tokenByHash = prepared<{ hash: string }, ApiTokenRow>((db, param) =>
  db.selectFrom('api_token').selectAll().where('token_hash', '=', param('hash')),
);
const noteUse = prepared<{ id: string; now: number; ip: string }, unknown>((db, param) =>
  db
    .updateTable('api_token')
    .set((eb) => ({
      last_used_at: param('now'),
      last_used_ip: param('ip'),
      use_count: eb('use_count', '+', 1),
    }))
    .where('id', '=', param('id')),
);
