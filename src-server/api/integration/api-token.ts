import type { FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import * as z from 'zod';
import { type ApiScope, apiScope } from '../../../src-shared/integration-api.ts';
import { textList } from '../../../src-shared/primitives.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import { appendRefusal } from '../../audit/refusals.ts';
import { isInNetworks } from '../../client-address.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import type { ApiTokenRow, MemberRow } from '../../db/schema.ts';
import type { Admission } from '../../http/caller.ts';
import { isForwardedInDoubt } from '../../http/forwarding.ts';
import { standsForToken } from '../../people/members/maker-tokens.ts';
import { bearerToken, hashToken } from '../../tokens.ts';

export interface ApiTokenIdentity {
  tokenId: string;
  name: string;
  scopes: ApiScope[];
}

export type ApiTokenUse = ApiTokenIdentity & {
  /** Belongs into the transaction of what the token was used for. */
  recordUse(tx: Tx): Promise<void>;
  /** For what only reads: written down a moment later, so that a read waits for nobody who writes. */
  recordRead(): Promise<void>;
  /** `token-invalid` where it has ended since the call was let in: for the transaction of what took its time. */
  isAlive(tx: Tx): Promise<Result<void>>;
  /** Both, for what the token changes. */
  recordChange(tx: Tx): Promise<Result<void>>;
};

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
  const ip = request.ip;
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
  const end = endOf(row, now);
  if (end !== null) return refuse('token-invalid', end);
  const networks = textList.parse(JSON.parse(row.allowed_ips_json));
  if (networks.length > 0 && isForwardedInDoubt(request)) return refuse('token-invalid', 'forwarded');
  if (networks.length > 0 && !isInNetworks(ip, networks)) return refuse('token-invalid', 'address');
  const scopes = scopesJson.parse(JSON.parse(row.scopes_json));
  if (scope !== null && !scopes.includes(scope)) return refuse('insufficient-scope', 'scope');
  const recordUse = async (tx: Tx): Promise<void> => {
    await noteUse(tx, { id: row.id, now, ip });
    await appendAudit(tx, { at: now, actor, action, outcome: 'ok', ip, details: { route } });
  };
  const isAlive = async (tx: Tx): Promise<Result<void>> => {
    const { rows: present } = await tokenByHash(tx, { hash: row.token_hash });
    return present.some((token) => endOf(token, ctx.now()) === null) ? ok(undefined) : fail('token-invalid');
  };
  return ok({
    tokenId: row.id,
    name: row.name,
    scopes,
    recordUse,
    recordRead: () => ctx.database.later.add(ctx.log, recordUse),
    isAlive,
    async recordChange(tx) {
      const alive = await isAlive(tx);
      if (alive.ok) await recordUse(tx);
      return alive;
    },
  });
}

/** Undefined: the code's own sentence, which tells strangers nothing. */
function refusalText(code: string, why: string, scope: ApiScope | null): string | undefined {
  if (code === 'insufficient-scope') return `The API token does not have the scope ${scope}.`;
  if (why === 'suspended')
    return 'The server was restored from a backup: the API token works again once an owner has confirmed it in the Control Panel or with: postern-server token confirm NAME';
  return undefined;
}

/** The row, and who made it: null where the server's own machine did, or nobody knows the member any more. */
type Found = ApiTokenRow & {
  maker_role: MemberRow['role'] | null;
  maker_is_blocked: MemberRow['is_blocked'] | null;
};

/** Why a token lets nobody in, whoever comes with it and from wherever; null while it is alive. */
function endOf(token: Found, now: number): 'revoked' | 'expired' | 'suspended' | 'maker' | null {
  if (token.revoked_at !== null) return 'revoked';
  if (token.expires_at <= now) return 'expired';
  if (token.suspended_at !== null) return 'suspended';
  const { is_kept, made_by, maker_role: role, maker_is_blocked: is_blocked } = token;
  const maker = role === null || is_blocked === null ? null : { role, is_blocked };
  // Kept on purpose: it outlives whoever made it.
  return is_kept === 1 || standsForToken(made_by, maker) ? null : 'maker';
}

const tokenByHash = prepared<{ hash: string }, Found>((db, param) =>
  db
    .selectFrom('api_token')
    .leftJoin('member', (join) => join.on(sql`member.id`, '=', sql`substr(api_token.made_by, 8)`))
    .selectAll('api_token')
    .select(['member.role as maker_role', 'member.is_blocked as maker_is_blocked'])
    .where('token_hash', '=', param('hash')),
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
