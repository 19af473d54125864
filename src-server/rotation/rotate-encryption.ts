import { linkSync, lstatSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Mistake } from '../../src-node/mistake.ts';
import { flush, makePrivateFile } from '../../src-node/private-file.ts';
import { appendAudit } from '../audit/audit-log.ts';
import type { ServerContext } from '../context.ts';
import { noteKeys } from '../db/key-check.ts';
import { eraseLeftOver, type Resealed, resealAll } from '../db/reseal.ts';
import { placeEncryptionKey } from '../db/settle-keys.ts';
import {
  ENCRYPTION_KEY_FILE,
  encryptionKeyId,
  encryptionKeyOf,
  keptEncryptionKeys,
  newEncryptionKey,
  nextEncryptionKeyFile,
} from '../keys/encryption-key.ts';
import { makeSealedBox } from '../keys/sealed-box.ts';
import { ENCRYPTION_KEY_VARIABLE, type ServerKeys } from '../keys/server-keys.ts';
import { type TeamActor, tellOwnersOf } from '../people/members/owner-notices.ts';
import { keptName } from '../restore/kept-name.ts';
import { giveToOwnerOf } from './owner-of.ts';

export interface EncryptionRotation {
  resealed: Resealed;
  /** Where the key of before is; null: where it was. */
  keptAt: string | null;
  /** What is deleted in the database may still be read with the key of before; why. Null: the file was written anew. */
  leftOver: string | null;
}

export type EncryptionOutcome = { ok: true; value: EncryptionRotation } | { ok: false; mistake: Mistake };

/**
 * Makes a new encryption key and seals everything with it. No server and no other command may be at work. The new key is
 * on the disk first, then one transaction changes the database, then the key's file takes its place: killed in between,
 * either the key of before opens the database, or `settleKeys` does the last step. With `writeTo` that one is for
 * somebody else.
 */
export async function rotateEncryptionKey(
  ctx: ServerContext,
  { writeTo, actor }: { writeTo: string | null; actor: TeamActor },
): Promise<EncryptionOutcome> {
  const { keysDir } = ctx.config;
  const kept = writeTo === null ? keepPresent(ctx) : { ok: true as const, file: null };
  if (!kept.ok) return kept;
  const text = newEncryptionKey();
  const file = writeTo ?? nextEncryptionKeyFile(keysDir);
  makePrivateFile(file, text);
  if (writeTo === null) giveToOwnerOf(join(keysDir, ENCRYPTION_KEY_FILE), file);
  flush(dirname(file));
  const resealed = await reseal(ctx, withEncryptionKey(ctx.keys, text), { kept: kept.file, writeTo, actor });
  if (writeTo === null) placeEncryptionKey(keysDir);
  return {
    ok: true,
    value: { resealed, keptAt: kept.file, leftOver: await eraseLeftOver(ctx.database.db, ctx.now()) },
  };
}

/** The present key under a second name, before anything else: a key that is mounted has no second name beside it. */
function keepPresent({
  config,
  keys,
  now,
}: ServerContext): { ok: true; file: string } | { ok: false; mistake: Mistake } {
  const { keysDir } = config;
  const present = join(keysDir, ENCRYPTION_KEY_FILE);
  if (keys.encryptionKeyPlace === ENCRYPTION_KEY_VARIABLE)
    return notHere(`the encryption key comes from ${ENCRYPTION_KEY_VARIABLE}`);
  if (lstatSync(present).isSymbolicLink()) return notHere(`${present} is a link, and belongs to who made it`);
  forgetUnused(keysDir);
  const file = keptName(present, now(), 'rotation');
  try {
    linkSync(present, file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (['EXDEV', 'EROFS', 'EACCES'].includes(code))
      return notHere(`${present} is mounted or not to be replaced (${code})`);
    if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes(code)) throw error;
    // A file system without links.
    makePrivateFile(file, readFileSync(present, 'utf8'));
  }
  flush(keysDir);
  return { ok: true, file };
}

function notHere(why: string): { ok: false; mistake: Mistake } {
  return {
    ok: false,
    mistake: {
      detail: `keysDir: ${why}, so this command cannot replace it`,
      remedy: 'add --write-to FILE: the new key goes there, and you put it into its place before the start',
    },
  };
}

/** What a rotation left that was killed before it had changed the database. */
function forgetUnused(keysDir: string): void {
  rmSync(nextEncryptionKeyFile(keysDir), { force: true });
  const present = readFileSync(join(keysDir, ENCRYPTION_KEY_FILE), 'utf8');
  for (const file of keptEncryptionKeys(keysDir))
    if (readFileSync(file, 'utf8') === present) rmSync(file, { force: true });
}

function withEncryptionKey(keys: ServerKeys, text: string): ServerKeys {
  const key = encryptionKeyOf(text);
  if (!key) throw new Error('a new key has 32 bytes');
  return { ...keys, sealedBox: makeSealedBox(key), encryptionKeyId: encryptionKeyId(key) };
}

function reseal(
  ctx: ServerContext,
  keys: ServerKeys,
  { kept, writeTo, actor }: { kept: string | null; writeTo: string | null; actor: TeamActor },
): Promise<Resealed> {
  const now = ctx.now();
  const { encryptionKeyId: oldKeyId, sealedBox } = ctx.keys;
  return ctx.database.db.transaction().execute(async (tx) => {
    const resealed = await resealAll(tx, sealedBox, keys.sealedBox);
    await noteKeys(tx, keys);
    await tx
      .insertInto('past_encryption_key')
      .values({ key_id: oldKeyId, ended_at: now, erased_at: null, kept_at: kept, new_key_file: writeTo })
      .execute();
    await appendAudit(tx, {
      at: now,
      actor: actor.actor,
      action: 'keys.encryption-rotated',
      outcome: 'ok',
      details: { by: actor.by, oldKeyId, newKeyId: keys.encryptionKeyId, ...resealed, keptAt: kept, writeTo },
    });
    await tellOwnersOf(tx, { ...ctx, keys }, actor, { what: 'encryption-key' });
    return resealed;
  });
}
