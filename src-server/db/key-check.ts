import { sql } from 'kysely';
import { costDrawKeyOf } from '../keys/lease-key.ts';
import type { SealedBox } from '../keys/sealed-box.ts';
import type { ServerKeys } from '../keys/server-keys.ts';
import type { Db, Tx } from './database.ts';
import { openedBy } from './reseal.ts';
import type { Schema } from './schema.ts';

/** What `key_check` holds sealed. */
const KNOWN_TEXT = 'postern';

/**
 * `opens`: also for a database that holds nothing sealed yet. `sealed-by-others`: its secrets cannot be read with this
 * encryption key. `other-lease-key`: they can, but leases were signed by another key, which is the one that computers trust.
 */
export type KeyCheck = 'opens' | 'sealed-by-others' | 'other-lease-key';

/** Whether these keys are those of the database; a server of before 0015 is told by any secret that it sealed. */
export async function checkKeys(db: Db | Tx, keys: ServerKeys): Promise<KeyCheck> {
  if (!(await opensDatabase(db, keys.sealedBox))) return 'sealed-by-others';
  const known = await knownSeal(db);
  return !known || known.lease_key_id === keys.leaseKeyId ? 'opens' : 'other-lease-key';
}

/** Writes down that these keys are the database's; ask `checkKeys` before. */
export async function noteKeys(db: Db | Tx, keys: ServerKeys): Promise<void> {
  const values = {
    sealed: keys.sealedBox.seal(Buffer.from(KNOWN_TEXT)),
    lease_key_id: keys.leaseKeyId,
    encryption_key_id: keys.encryptionKeyId,
  };
  const draw = { cost_draw_sealed: keys.sealedBox.seal(costDrawKeyOf(keys.leaseKey)) };
  await db
    .insertInto('key_check')
    .values({ id: 1, ...values, ...draw })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        ...values,
        // Once there it stays, whatever becomes of the lease key.
        cost_draw_sealed: eb.fn.coalesce('key_check.cost_draw_sealed', 'excluded.cost_draw_sealed'),
      })),
    )
    .execute();
}

/** What the costs of unknown accounts are drawn with: of the lease key that the server had first. */
export async function costDrawKey(db: Db, { sealedBox, leaseKey }: ServerKeys): Promise<Uint8Array> {
  const sealed = (await knownSeal(db))?.cost_draw_sealed ?? null;
  return (sealed && openedBy(sealedBox, sealed)) ?? costDrawKeyOf(leaseKey);
}

/** Checks, and writes down what is not there yet. A changed lease key is taken as it is, after it was named once. */
export async function takeKeys(db: Db, keys: ServerKeys): Promise<KeyCheck> {
  const check = await checkKeys(db, keys);
  if (check === 'sealed-by-others') return check;
  const known = await knownSeal(db);
  if (check === 'other-lease-key' || !known?.encryption_key_id || !known.cost_draw_sealed)
    await noteKeys(db, keys);
  return check;
}

/** Whose `kid` the leases of a database have; null: nobody has noted it. */
export async function notedLeaseKeyId(db: Db | Tx): Promise<string | null> {
  return (await knownSeal(db))?.lease_key_id ?? null;
}

function knownSeal(db: Db | Tx) {
  return db
    .selectFrom('key_check')
    .select(['sealed', 'lease_key_id', 'encryption_key_id', 'cost_draw_sealed'])
    .where('id', '=', 1)
    .executeTakeFirst();
}

/** Whether a box opens a database, whatever version wrote it; it may still be as that one left it. */
export async function opensDatabase(db: Db | Tx, box: SealedBox): Promise<boolean> {
  const known = (await hasTable(db, 'key_check'))
    ? await db.selectFrom('key_check').select('sealed').where('id', '=', 1).executeTakeFirst()
    : undefined;
  return known ? openedBy(box, known.sealed)?.toString() === KNOWN_TEXT : opensAnySecret(db, box);
}

/** Whether the database has come so far: also before its migrations have run. */
export async function hasTable(db: Db | Tx, name: keyof Schema): Promise<boolean> {
  const { rows } = await sql`select 1 from sqlite_master where type = 'table' and name = ${name}`.execute(db);
  return rows.length > 0;
}

async function opensAnySecret(db: Db | Tx, box: SealedBox): Promise<boolean> {
  const factor = await db.selectFrom('factor').select('secret_sealed as sealed').limit(1).executeTakeFirst();
  const lease = await db
    .selectFrom('lease')
    .select('preshared_key_sealed as sealed')
    .limit(1)
    .executeTakeFirst();
  return [factor, lease].every((row) => row === undefined || openedBy(box, row.sealed) !== null);
}
