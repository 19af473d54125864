import { createPublicKey } from 'node:crypto';
import type { Db, Tx } from '../db/database.ts';
import { leaseKeyIdOf, publicKeyObject } from '../keys/lease-key.ts';
import type { ServerKeys } from '../keys/server-keys.ts';
import {
  type AnchorClaims,
  isSame,
  isSignedBy,
  readAnchorOf,
  signAnchor,
  vouchedAnchors,
} from './audit-anchor.ts';

/**
 * A lease key ends: what it has signed of the archived log is signed anew by the one that takes its place, and it is
 * written down as one of before. From then on it can vouch for nothing by itself. Answers how many anchors that were.
 */
export async function endLeaseKey(
  tx: Tx,
  { publicKey, endedAt }: { publicKey: string; endedAt: number },
  keys: ServerKeys,
): Promise<number> {
  const ended = { public_key: publicKey, ended_at: endedAt };
  await tx
    .insertInto('past_lease_key')
    .values({ key_id: leaseKeyIdOf(publicKey), ...ended })
    .onConflict((conflict) => conflict.column('key_id').doUpdateSet(ended))
    .execute();
  const past = publicKeyObject(publicKey);
  const vouched = await vouchedAnchors(tx);
  let count = 0;
  for (const anchor of await tx.selectFrom('audit_anchor').selectAll().execute()) {
    const { seq, token: own, from_seq: fromSeq, prev_hash: prevHash, at, rows, hash } = anchor;
    if (!(await isSignedBy(past, anchor, [own, ...(vouched.get(seq) ?? [])]))) continue;
    const iss = keys.serverKey.issuer;
    const token = signAnchor(keys, { iss, at, fromSeq, seq, rows, prevHash, hash });
    await tx
      .insertInto('audit_anchor_vouch')
      .values({ seq, token })
      .onConflict((conflict) => conflict.column('seq').doUpdateSet({ token }))
      .execute();
    count += 1;
  }
  return count;
}

/**
 * What the last line of an archive says that a key of before has signed, where the key of now vouches for the same anchor;
 * else null.
 */
export async function readPastAnchor(db: Db, keys: ServerKeys, token: string): Promise<AnchorClaims | null> {
  const past = await db.selectFrom('past_lease_key').select('public_key').execute();
  for (const { public_key } of past) {
    const claims = await readAnchorOf(publicKeyObject(public_key), token);
    if (claims && (await isVouchedFor(db, keys, claims))) return claims;
  }
  return null;
}

async function isVouchedFor(db: Db, keys: ServerKeys, claims: AnchorClaims): Promise<boolean> {
  const anchor = await db
    .selectFrom('audit_anchor')
    .selectAll()
    .where('seq', '=', claims.seq)
    .executeTakeFirst();
  const vouch = await db
    .selectFrom('audit_anchor_vouch')
    .select('token')
    .where('seq', '=', claims.seq)
    .executeTakeFirst();
  if (!anchor || !vouch || !isSame(claims, anchor)) return false;
  return isSignedBy(createPublicKey(keys.leaseKey), anchor, [vouch.token]);
}
