import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Insertable, Selectable } from 'kysely';
import * as z from 'zod';
import type { Db, Tx } from '../db/database.ts';
import type { AuditAnchorRow } from '../db/schema.ts';
import type { ServerKeys } from '../keys/server-keys.ts';
import { readTokenOf, signToken } from '../keys/signed-token.ts';
import { GENESIS } from './audit-log.ts';

const ANCHOR_TYPE = 'postern-audit-anchor+jwt';

/** What the server signs of rows that leave the log: from where to where, and the hashes that the chain joins on to. */
export const anchorClaims = z.object({
  iss: z.string(),
  /** Milliseconds since 1970. */
  at: z.number().int(),
  fromSeq: z.number().int(),
  seq: z.number().int(),
  rows: z.number().int(),
  /** Of the row before `fromSeq`. */
  prevHash: z.string(),
  /** Of the row `seq`. */
  hash: z.string(),
});
export type AnchorClaims = z.infer<typeof anchorClaims>;

export function signAnchor(keys: ServerKeys, claims: AnchorClaims): string {
  return signToken(keys, ANCHOR_TYPE, claims);
}

/** Null when this server's key has not signed it, or not as it is. */
export function readAnchor(keys: ServerKeys, token: string): Promise<AnchorClaims | null> {
  return readAnchorOf(keyOf(keys), token);
}

/** The same of another public key. */
export async function readAnchorOf(key: KeyObject, token: string): Promise<AnchorClaims | null> {
  return anchorClaims.safeParse(await readTokenOf(key, ANCHOR_TYPE, token)).data ?? null;
}

const keyOf = ({ leaseKey }: ServerKeys): KeyObject => createPublicKey(leaseKey);

/** Whether one of the tokens of an anchor says the same as it, by this key. */
export async function isSignedBy(
  key: KeyObject,
  anchor: Selectable<AuditAnchorRow>,
  tokens: readonly string[],
): Promise<boolean> {
  for (const token of tokens) if (isSame(await readAnchorOf(key, token), anchor)) return true;
  return false;
}

export function anchorRow(claims: AnchorClaims, token: string): Insertable<AuditAnchorRow> {
  const { at, fromSeq, seq, rows, prevHash, hash } = claims;
  return { at, from_seq: fromSeq, seq, rows, prev_hash: prevHash, hash, token };
}

/** Of all rows that were archived. */
export interface Archived {
  rows: number;
  /** The last of them. */
  throughSeq: number;
  /** When that was archived, milliseconds since 1970. */
  at: number;
}

export type AnchorsState =
  | { ok: true; archived: Archived | null }
  /** `seq`: the anchor that does not count. */
  | { ok: false; seq: number; why: 'signature' | 'order' };

/** Whether this server's key has signed every anchor, and each follows from the one before it. */
export async function verifyAnchors(db: Db, keys: ServerKeys): Promise<AnchorsState> {
  const anchors = await db.selectFrom('audit_anchor').selectAll().orderBy('seq').execute();
  const vouched = await vouchedAnchors(db);
  const all = { rows: 0, throughSeq: 0, at: 0 };
  let previous = GENESIS;
  for (const anchor of anchors) {
    const { seq, rows, at } = anchor;
    const tokens = [anchor.token, ...(vouched.get(seq) ?? [])];
    if (!(await isSignedBy(keyOf(keys), anchor, tokens))) return { ok: false, seq, why: 'signature' };
    if (anchor.prev_hash !== previous || anchor.from_seq <= all.throughSeq)
      return { ok: false, seq, why: 'order' };
    Object.assign(all, { rows: all.rows + rows, throughSeq: seq, at });
    previous = anchor.hash;
  }
  return { ok: true, archived: anchors.length > 0 ? all : null };
}

/** By `seq`: what the key of now has signed anew, of the anchors that a key of before has signed. */
export async function vouchedAnchors(db: Db | Tx): Promise<Map<number, string[]>> {
  const rows = await db.selectFrom('audit_anchor_vouch').selectAll().execute();
  return new Map(rows.map(({ seq, token }) => [seq, [token]]));
}

/** Whether an anchor of the database says what was signed. */
export function isSame(claims: AnchorClaims | null, anchor: Selectable<AuditAnchorRow>): boolean {
  return (
    claims !== null &&
    claims.at === anchor.at &&
    claims.seq === anchor.seq &&
    claims.fromSeq === anchor.from_seq &&
    claims.rows === anchor.rows &&
    claims.prevHash === anchor.prev_hash &&
    claims.hash === anchor.hash
  );
}
