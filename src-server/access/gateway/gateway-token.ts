import type { PanelGateway } from '../../../src-shared/panel/gateways.ts';
import { fail, ok, type Result } from '../../../src-shared/problem.ts';
import { appendAudit } from '../../audit/audit-log.ts';
import type { Db, Tx } from '../../db/database.ts';
import type { GatewayRow } from '../../db/schema.ts';
import { hashToken, newToken } from '../../tokens.ts';

/** How long the old token may go on beside the new one. */
export const OLD_TOKEN_LIFE_MS = 7 * 86_400_000;

export interface NewGatewayToken {
  /** Of the gateway. */
  name: string;
  token: string;
  /** When the old one ends though the agent has not come with the new one; no later renewal moves it. Null: it has ended. */
  oldEndsAt: number | null;
}

/**
 * Makes a new token for a gateway; its value is in the answer and nowhere else. The old one goes on until the agent has
 * come with the new one, at most `OLD_TOKEN_LIFE_MS` from the first renewal on, or with `endsOldNow` not at all. A new one
 * that was never used is worthless from then on. `gateway-not-found`.
 */
export async function renewGatewayToken(
  tx: Tx,
  input: { id: string; endsOldNow: boolean; actor: string; ip?: string | null; now: number },
): Promise<Result<NewGatewayToken>> {
  const { id, endsOldNow, actor, ip = null, now } = input;
  const token = newToken();
  const hash = hashToken(token);
  const gateway = await tx
    .selectFrom('gateway')
    .select(['name', 'token_ends_at'])
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (!gateway) return fail('gateway-not-found');
  const endsAt = gateway.token_ends_at ?? now + OLD_TOKEN_LIFE_MS;
  const oldEndsAt = endsOldNow || endsAt <= now ? null : endsAt;
  await tx
    .updateTable('gateway')
    .set(
      oldEndsAt === null
        ? { token_hash: hash, token_made_at: now, ...noNext }
        : { next_token_hash: hash, next_token_made_at: now, token_ends_at: oldEndsAt },
    )
    .where('id', '=', id)
    .execute();
  const details = { oldEndsAt: oldEndsAt === null ? null : new Date(oldEndsAt).toISOString() };
  await audit(tx, { id, at: now, actor, ip, action: 'gateway.token', details });
  return ok({ name: gateway.name, token, oldEndsAt });
}

type TokenTimes = Pick<GatewayRow, 'created_at' | 'token_made_at' | 'next_token_made_at' | 'token_ends_at'>;

/** Which tokens there are, as lists show it. */
export function gatewayTokenView(row: TokenTimes): PanelGateway['token'] {
  const { created_at, token_made_at, next_token_made_at, token_ends_at } = row;
  const iso = (time: number): string => new Date(time).toISOString();
  return {
    madeAt: iso(token_made_at ?? created_at),
    next:
      next_token_made_at === null || token_ends_at === null
        ? null
        : { madeAt: iso(next_token_made_at), oldEndsAt: iso(token_ends_at) },
  };
}

/** What root runs on the gateway: the running agent takes the token over and keeps its peers. */
export function tokenLine(token: string): string {
  return withToken(token, 'postern-gateway set-token');
}

/** A line that gives a program the token on its standard input: a list of processes shows what stands among its words. */
export function withToken(token: string, command: string): string {
  return `echo ${token} | ${command}`;
}

/** The gateway whose agent may come with a token of this hash. */
export async function gatewayOfToken(
  db: Db,
  hash: string,
  now: number,
): Promise<{ id: string; name: string } | undefined> {
  return db
    .selectFrom('gateway')
    .select(['id', 'name'])
    .where((eb) =>
      eb.or([
        eb('next_token_hash', '=', hash),
        eb.and([
          eb('token_hash', '=', hash),
          eb.or([eb('token_ends_at', 'is', null), eb('token_ends_at', '>', now)]),
        ]),
      ]),
    )
    .where('removed_at', 'is', null)
    .executeTakeFirst();
}

/** The agent has come with this token: with the new one, the old one ends. False when neither is its. */
export async function takeGatewayToken(
  db: Db,
  { id, hash, now }: { id: string; hash: string; now: number },
): Promise<boolean> {
  // That it is the old one, which changes nothing, is found without the write lock.
  const row = await tokensOf(db, id);
  if (row?.next_token_hash !== hash) return isOldToken(row, { hash, now });
  return db.transaction().execute(async (tx) => {
    const present = await tokensOf(tx, id);
    if (present?.next_token_hash !== hash) return isOldToken(present, { hash, now });
    await endOldToken(tx, { id, ...present });
    await audit(tx, { id, at: now, actor: `gateway:${id}`, ip: null, action: 'gateway.token-taken' });
    return true;
  });
}

function tokensOf(db: Db | Tx, id: string) {
  return db
    .selectFrom('gateway')
    .select(['token_hash', 'next_token_hash', 'next_token_made_at', 'token_ends_at'])
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
}

function isOldToken(
  row: Pick<GatewayRow, 'token_hash' | 'token_ends_at'> | undefined,
  { hash, now }: { hash: string; now: number },
): boolean {
  return row?.token_hash === hash && (row.token_ends_at === null || row.token_ends_at > now);
}

/** Old tokens whose time is over end, also of agents that have not come with the new one. Answers how many. */
export async function endOverdueTokens(db: Db, now: number): Promise<number> {
  // Asked each second: without the write lock first.
  if ((await overdue(db, now)).length === 0) return 0;
  return db.transaction().execute(async (tx) => {
    const rows = await overdue(tx, now);
    for (const row of rows) {
      await endOldToken(tx, row);
      await audit(tx, { id: row.id, at: now, actor: 'server', ip: null, action: 'gateway.token-ended' });
    }
    return rows.length;
  });
}

function overdue(db: Db | Tx, now: number) {
  return db
    .selectFrom('gateway')
    .select(['id', 'next_token_hash', 'next_token_made_at'])
    .where('token_ends_at', '<=', now)
    .execute();
}

const noNext = { next_token_hash: null, next_token_made_at: null, token_ends_at: null };

async function endOldToken(
  tx: Tx,
  row: Pick<GatewayRow, 'id' | 'next_token_hash' | 'next_token_made_at'>,
): Promise<void> {
  const { id, next_token_hash, next_token_made_at } = row;
  if (next_token_hash === null) throw new Error(`gateway ${id} has no other token`);
  await tx
    .updateTable('gateway')
    .set({ token_hash: next_token_hash, token_made_at: next_token_made_at, ...noNext })
    .where('id', '=', id)
    .execute();
}

function audit(
  tx: Tx,
  entry: {
    id: string;
    at: number;
    actor: string;
    ip: string | null;
    action: string;
    details?: Record<string, unknown>;
  },
): Promise<void> {
  const { id, ...rest } = entry;
  return appendAudit(tx, { ...rest, subject: `gateway:${id}`, outcome: 'ok' });
}
