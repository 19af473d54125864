import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { fingerprint } from '../../src-node/fingerprint.ts';
import { isSqliteError } from '../db/sqlite-error.ts';

/** What was decided after the copy was made and is not in force any more. `who`: for people. */
export interface Difference {
  what:
    | 'added'
    | 'removed'
    | 'blocked'
    | 'role'
    | 'password'
    | 'factor'
    | 'device-removed'
    | 'token-revoked'
    | 'gateway-removed'
    | 'gateway-added'
    | 'gateway-token'
    | 'lease-rotation'
    | 'policy';
  who: string;
}

const member = z.object({
  id: z.string(),
  email: z.string(),
  former_email: z.string().nullable(),
  role: z.string(),
  is_blocked: z.number(),
  removed_at: z.number().nullable(),
  /** Counts what was set; a new hash of the same password is no new one. */
  password_version: z.number(),
  factor: z.string().nullable(),
});
const device = z.object({ id: z.string(), name: z.string(), email: z.string() });
const named = z.object({ id: z.string(), name: z.string() });
const gateway = z.object({ ...named.shape, token_hash: z.string(), next_token_hash: z.string().nullable() });
const policy = z.object({ policy_json: z.string() });

const MEMBERS = `select member.id, email, former_email, role, is_blocked, removed_at, password_version, factor.id as factor
  from member left join factor on factor.member_id = member.id and factor.state = 'active'`;
const GONE_DEVICES = `select device.id, device.name, email from device join member on member.id = device.member_id
  where device.removed_at is not null and member.removed_at is null`;
const GONE_TOKENS = 'select id, name from api_token where revoked_at is not null';
const GONE_GATEWAYS = 'select id, name from gateway where removed_at is not null';
const GATEWAYS = 'select id, name, token_hash, next_token_hash from gateway where removed_at is null';
const POLICY = 'select policy_json from policy where id = 1';

/** Compares the database as it was with the copy in its place. Null where the old one cannot be read. */
export function differencesSince(before: string, restored: string): Difference[] | null {
  const now = new DatabaseSync(restored, { readOnly: true });
  try {
    const old = new DatabaseSync(before, { readOnly: true });
    try {
      return compare(old, now);
    } finally {
      old.close();
    }
  } catch (error) {
    // Damaged, or of a version that has other columns.
    if (isSqliteError(error)) return null;
    throw error;
  } finally {
    now.close();
  }
}

function compare(old: DatabaseSync, now: DatabaseSync): Difference[] {
  const read = <T>(from: DatabaseSync, sql: string, row: z.ZodType<T>): T[] =>
    z.array(row).parse(from.prepare(sql).all());
  const restored = new Map(read(now, MEMBERS, member).map((row) => [row.id, row]));
  const found: Difference[] = [];
  for (const was of read(old, MEMBERS, member)) {
    const is = restored.get(was.id);
    const who = was.removed_at === null ? was.email : (was.former_email ?? was.email);
    if (!is && was.removed_at === null) found.push({ what: 'added', who });
    if (!is || is.removed_at !== null) continue;
    if (was.removed_at !== null) found.push({ what: 'removed', who });
    else {
      if (was.is_blocked === 1 && is.is_blocked === 0) found.push({ what: 'blocked', who });
      if (was.role !== is.role) found.push({ what: 'role', who: `${who} (was ${was.role}, is ${is.role})` });
      if (was.password_version !== is.password_version) found.push({ what: 'password', who });
      if (was.factor !== is.factor) found.push({ what: 'factor', who });
    }
  }
  const back = (table: string, since: string) => {
    const sql = `select id from ${table} where ${since} is null`;
    const alive = new Set(read(now, sql, z.object({ id: z.string() })).map(({ id }) => id));
    return ({ id }: { id: string }) => alive.has(id);
  };
  for (const { name, email } of read(old, GONE_DEVICES, device).filter(back('device', 'removed_at')))
    found.push({ what: 'device-removed', who: `${name} of ${email}` });
  for (const { name } of read(old, GONE_TOKENS, named).filter(back('api_token', 'revoked_at')))
    found.push({ what: 'token-revoked', who: name });
  for (const { name } of read(old, GONE_GATEWAYS, named).filter(back('gateway', 'removed_at')))
    found.push({ what: 'gateway-removed', who: name });
  const gateways = new Map(read(now, GATEWAYS, gateway).map((row) => [row.id, row]));
  for (const was of read(old, GATEWAYS, gateway)) {
    const is = gateways.get(was.id);
    if (!is) found.push({ what: 'gateway-added', who: was.name });
    else if (tokensOf(was) !== tokensOf(is)) found.push({ what: 'gateway-token', who: was.name });
  }
  const policyOf = (from: DatabaseSync) => read(from, POLICY, policy)[0]?.policy_json;
  const under = nextLeaseKeyOf(old);
  if (under !== null && under !== nextLeaseKeyOf(now))
    found.push({ what: 'lease-rotation', who: fingerprint(under) });
  if (policyOf(old) !== policyOf(now)) found.push({ what: 'policy', who: 'The policy' });
  return found;
}

/** Of a rotation of the lease key that is under way in it; null: none is, or it is from before there were any. */
function nextLeaseKeyOf(from: DatabaseSync): string | null {
  const table = from.prepare("select 1 from sqlite_schema where name = 'lease_key_rotation'").get();
  const row = table && from.prepare('select next_public_key from lease_key_rotation where id = 1').get();
  return z
    .string()
    .nullable()
    .parse(row?.next_public_key ?? null);
}

const tokensOf = ({ token_hash, next_token_hash }: z.infer<typeof gateway>): string =>
  `${token_hash} ${next_token_hash}`;
