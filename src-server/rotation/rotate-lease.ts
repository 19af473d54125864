import { linkSync, lstatSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fingerprint } from '../../src-node/fingerprint.ts';
import type { Mistake } from '../../src-node/mistake.ts';
import { flush, makePrivateFile } from '../../src-node/private-file.ts';
import { appendAudit } from '../audit/audit-log.ts';
import { endLeaseKey } from '../audit/past-anchors.ts';
import type { ServerContext } from '../context.ts';
import type { Tx } from '../db/database.ts';
import { noteKeys } from '../db/key-check.ts';
import { type LeaseKeyRotation, leaseKeyRotation, noteLeaseKeyStep } from '../db/lease-key-rotation.ts';
import { placeLeaseKey } from '../db/settle-keys.ts';
import {
  LEASE_KEY_FILE,
  leaseKeyIdOf,
  newLeaseKey,
  nextLeaseKeyFile,
  PAST_LEASE_KEY,
  publicKeyIn,
  publicKeyObject,
  readLeaseKeyFile,
} from '../keys/lease-key.ts';
import type { ServerKeys } from '../keys/server-keys.ts';
import { type TeamActor, tellOwnersOf } from '../people/members/owner-notices.ts';
import { keptName } from '../restore/kept-name.ts';
import { giveToOwnerOf } from './owner-of.ts';

export type LeaseKeyOutcome<T> = { ok: true; value: T } | { ok: false; mistake: Mistake };

const refused = (detail: string, remedy: string): { ok: false; mistake: Mistake } => ({
  ok: false,
  mistake: { detail, remedy },
});
export const NO_LEASE_ROTATION: Mistake = {
  detail: 'no rotation of the lease key is under way',
  remedy: 'postern-server keys rotate lease begins one',
};
const NONE: { ok: false; mistake: Mistake } = { ok: false, mistake: NO_LEASE_ROTATION };

/**
 * Makes the next lease key and writes down that it is next: from then on the server tells every client. The key is on the
 * disk before the database knows of it. With `writeTo` it is for somebody to put into place.
 */
export async function beginLeaseRotation(
  ctx: ServerContext,
  { writeTo, actor }: { writeTo: string | null; actor: TeamActor },
): Promise<LeaseKeyOutcome<LeaseKeyRotation>> {
  const { keysDir } = ctx.config;
  const under = await leaseKeyRotation(ctx.database.db);
  if (under)
    return refused(
      `a rotation of the lease key is under way since ${new Date(under.begunAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
      'postern-server keys rotate lease --finish, or --abort',
    );
  const place = writeTo === null ? presentIsOurs(keysDir) : null;
  if (place) return place;
  const file = writeTo ?? nextLeaseKeyFile(keysDir);
  // What a rotation left that was killed before the database knew of it, or after it had forgotten it.
  if (writeTo === null) rmSync(file, { force: true });
  makePrivateFile(file, newLeaseKey());
  if (writeTo === null) giveToOwnerOf(join(keysDir, LEASE_KEY_FILE), file);
  flush(dirname(file));
  const nextPublicKey = publicKeyIn(file);
  if (nextPublicKey === null) throw new Error(`${file} has just been written`);
  const now = ctx.now();
  const step = await ctx.database.db.transaction().execute(async (tx) => {
    const noted = await noteLeaseKeyStep(tx, { now, nextPublicKey, nextKeyFile: writeTo });
    await record(tx, ctx, actor, 'keys.lease-rotation-begun', {
      keyId: ctx.keys.leaseKeyId,
      ...{ nextKeyId: leaseKeyIdOf(nextPublicKey), nextFingerprint: fingerprint(nextPublicKey), writeTo },
    });
    await tellOwnersOf(tx, ctx, actor, { what: 'lease-key', step: 'begun' });
    return noted;
  });
  return { ok: true, value: { step, begunAt: now, nextPublicKey, nextKeyFile: writeTo } };
}

/** Takes the rotation back: the server tells the clients that leases stay with the present key. */
export async function abortLeaseRotation(
  ctx: ServerContext,
  { actor }: { actor: TeamActor },
): Promise<LeaseKeyOutcome<LeaseKeyRotation>> {
  const { keysDir } = ctx.config;
  const under = await leaseKeyRotation(ctx.database.db);
  if (!under) return NONE;
  if (under.nextPublicKey === ctx.keys.serverKey.publicKey)
    return refused(
      `the next lease key is in the place of the present one already`,
      `put the one of before back as ${join(keysDir, LEASE_KEY_FILE)}, or run: postern-server keys rotate lease --finish`,
    );
  await ctx.database.db.transaction().execute(async (tx) => {
    await noteLeaseKeyStep(tx, { now: ctx.now(), nextPublicKey: null, nextKeyFile: null });
    await record(tx, ctx, actor, 'keys.lease-rotation-aborted', {
      ...{ keyId: ctx.keys.leaseKeyId, nextKeyId: leaseKeyIdOf(under.nextPublicKey) },
    });
  });
  if (publicKeyIn(nextLeaseKeyFile(keysDir)) === under.nextPublicKey) {
    rmSync(nextLeaseKeyFile(keysDir));
    flush(keysDir);
  }
  return { ok: true, value: under };
}

/** What `finishLeaseRotation` needs, once it is found. */
export interface ReadyToFinish {
  rotation: LeaseKeyRotation;
  /** The key of before, to check by what it has signed. */
  pastPublicKey: string;
  /** With the next lease key. */
  keys: ServerKeys;
  /** Somebody has put the next key into place. */
  isPlaced: boolean;
}

/**
 * Whether both keys are at hand. Where somebody puts the next one into place, that has been done, and `oldKey` is the file
 * of the one of before. Changes nothing.
 */
export async function readyToFinish(
  ctx: ServerContext,
  oldKey: string | null,
): Promise<LeaseKeyOutcome<ReadyToFinish>> {
  const { keysDir, secretsAreMounted: areMounted } = ctx.config;
  const rotation = await leaseKeyRotation(ctx.database.db);
  if (!rotation) return NONE;
  const { nextPublicKey, nextKeyFile } = rotation;
  const place = { env: process.env, areMounted };
  if (nextPublicKey === ctx.keys.serverKey.publicKey) {
    if (oldKey === null)
      return refused(
        'the next lease key is in its place, and what the one of before has signed of the audit log is to be checked by it',
        'add --old-key FILE: the file of the lease key of before',
      );
    const old = readLeaseKeyFile(oldKey, place);
    if (!old.ok) return refused(`--old-key: ${old.mistake}`, 'name the file of the lease key of before');
    if (old.publicKey === nextPublicKey)
      return refused(`--old-key: ${oldKey} has the next key`, 'name the file of the lease key of before');
    return {
      ok: true,
      value: { rotation, pastPublicKey: old.publicKey, keys: ctx.keys, isPlaced: true },
    };
  }
  if (nextKeyFile !== null)
    return refused(
      `the next lease key was written to ${nextKeyFile}, to be put into place by you`,
      `put it where ${join(keysDir, LEASE_KEY_FILE)} is, then run this again with --old-key FILE, the one of before`,
    );
  const next = readLeaseKeyFile(nextLeaseKeyFile(keysDir), place);
  if (!next.ok || next.publicKey !== nextPublicKey)
    return refused(
      next.ok
        ? `${nextLeaseKeyFile(keysDir)} is another key than the one that the clients were told of`
        : next.mistake,
      'put it back from your backup of the keys, or run: postern-server keys rotate lease --abort',
    );
  const keys: ServerKeys = {
    ...ctx.keys,
    leaseKey: next.key,
    leaseKeyId: leaseKeyIdOf(nextPublicKey),
    serverKey: { ...ctx.keys.serverKey, publicKey: nextPublicKey },
  };
  return {
    ok: true,
    value: { rotation, pastPublicKey: ctx.keys.serverKey.publicKey, keys, isPlaced: false },
  };
}

/**
 * Puts the next key into the place of the present one, of which the public half is kept. No server and no other command may
 * be at work. One transaction changes the database, then the key's file takes its place: killed in between, `settleKeys`
 * does the last step. Answers where the public half is; null: nowhere, the key itself is with whoever replaced it.
 */
export async function finishLeaseRotation(
  ctx: ServerContext,
  { rotation, pastPublicKey, keys, isPlaced }: ReadyToFinish,
  actor: TeamActor,
): Promise<{ keptAt: string | null; anchors: number }> {
  const { keysDir } = ctx.config;
  const now = ctx.now();
  const keptAt = isPlaced ? null : keptName(join(keysDir, PAST_LEASE_KEY), now, 'rotation');
  if (keptAt !== null) {
    makePrivateFile(
      keptAt,
      publicKeyObject(pastPublicKey).export({ type: 'spki', format: 'pem' }).toString(),
    );
    giveToOwnerOf(join(keysDir, LEASE_KEY_FILE), keptAt);
    flush(keysDir);
  }
  const [keyId, nextKeyId] = [leaseKeyIdOf(pastPublicKey), leaseKeyIdOf(rotation.nextPublicKey)];
  const anchors = await ctx.database.db.transaction().execute(async (tx) => {
    const signed = await endLeaseKey(tx, { publicKey: pastPublicKey, endedAt: now }, keys);
    await noteKeys(tx, keys);
    await noteLeaseKeyStep(tx, { now, nextPublicKey: null, nextKeyFile: null });
    await record(tx, ctx, actor, 'keys.lease-rotated', {
      ...{ oldKeyId: keyId, newKeyId: nextKeyId, anchors: signed, keptAt },
    });
    await tellOwnersOf(tx, ctx, actor, { what: 'lease-key', step: 'finished' });
    return signed;
  });
  if (!isPlaced) placeLeaseKey(keysDir);
  return { keptAt, anchors };
}

/** A key that is mounted, or belongs to who made a link to it, is not ours to replace. Null: it is. */
function presentIsOurs(keysDir: string): { ok: false; mistake: Mistake } | null {
  const present = join(keysDir, LEASE_KEY_FILE);
  const probe = `${nextLeaseKeyFile(keysDir)}.probe`;
  const notOurs = (why: string) =>
    refused(
      `keysDir: ${why}, so this command cannot replace it`,
      'add --write-to FILE: the next key goes there, and you put it into its place before --finish',
    );
  if (lstatSync(present).isSymbolicLink()) return notOurs(`${present} is a link, and belongs to who made it`);
  rmSync(probe, { force: true });
  try {
    linkSync(present, probe);
    rmSync(probe);
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (['EXDEV', 'EROFS', 'EACCES'].includes(code))
      return notOurs(`${present} is mounted or not to be replaced (${code})`);
    // A file system without links.
    if (['EPERM', 'ENOTSUP', 'ENOSYS'].includes(code)) return null;
    throw error;
  }
}

function record(
  tx: Tx,
  { now }: ServerContext,
  { actor, by }: TeamActor,
  action: string,
  details: Record<string, unknown>,
): Promise<void> {
  return appendAudit(tx, { at: now(), actor, action, outcome: 'ok', details: { by, ...details } });
}
