import { DatabaseSync } from 'node:sqlite';
import { type Check, fine, wrong } from '../../src-node/check.ts';
import { fileTrouble } from '../../src-node/file-owner.ts';
import type { Mistake } from '../../src-node/mistake.ts';
import type { ServerConfig } from '../config.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { checkKeys } from '../db/key-check.ts';
import { isLeaseKeyHalfRotated, leaseKeyRotation } from '../db/lease-key-rotation.ts';
import { isOlder, NewerDatabaseError, refuseNewer } from '../db/newer-database.ts';
import { endedLeaseKey, foreignKeys, putBack } from '../db/own-database.ts';
import { isCopy, readMark } from '../db/record-mark.ts';
import { hasLeftOver } from '../db/reseal.ts';
import { isHalfRotated } from '../db/settle-keys.ts';
import { isSqliteError } from '../db/sqlite-error.ts';
import { nextLeaseKeyFile, publicKeyIn } from '../keys/lease-key.ts';
import { loadServerKeys } from '../keys/server-keys.ts';
import { hasMembers, NOBODY } from '../people/members/nobody.ts';
import { leaseKeyHolders } from '../rotation/lease-key-holders.ts';
import type { Looked } from './looked-at.ts';

const ID = 'database';
const halfRotated = (which: 'encryption' | 'lease'): Mistake => ({
  detail: `keysDir: a rotation of the ${which} key was interrupted; the next start or command ends it`,
  remedy: 'postern-server keys show',
});

const leftOver = ({ databaseFile }: ServerConfig): Mistake => ({
  detail: `${databaseFile} may still hold what was deleted, sealed with the encryption key of before; a start of the server writes it anew, which takes as much room again`,
  remedy: 'systemctl restart postern-server',
});

/** A database that an older version wrote is only looked at from outside: opening it would bring it up to date. */
export async function databaseChecks(looking: Looked): Promise<Check[]> {
  const { databaseFile } = looking.config;
  const trouble = fileTrouble(databaseFile, 'write');
  if (trouble?.kind === 'denied') return [wrongBy(trouble.mistake)];
  if (trouble)
    return [
      wrong(
        ID,
        `${databaseFile} is not there.`,
        'postern-server init, or postern-server database restore FILE',
      ),
    ];
  const damage = damageIn(databaseFile);
  if (damage !== null) return [wrongBy(damage)];
  if (isOlder(databaseFile)) {
    const detail = `${databaseFile} is of an older version: the next start brings it up to date.`;
    return [
      fine(ID, `${detail} A backup before that is the way back: postern-server database backup --out FILE`),
    ];
  }
  const database = await openDatabase(databaseFile);
  try {
    const mistakes = await ownershipMistakes(database, looking);
    return mistakes.length > 0
      ? mistakes.map(wrongBy)
      : [
          fine(ID, `${databaseFile} is whole, and the keys open it.`),
          ...(await ownerChecks(database.db)),
          ...(await leaseKeyChecks(database.db, looking.config)),
        ];
  } finally {
    await database.close();
  }
}

/** An `init` that ended before there was somebody. */
async function ownerChecks(db: Database['db']): Promise<Check[]> {
  return (await hasMembers(db)) ? [] : [wrong('members', NOBODY.detail, NOBODY.remedy)];
}

/** A rotation that is under way, so that nobody forgets it. */
async function leaseKeyChecks(db: Database['db'], { keysDir }: ServerConfig): Promise<Check[]> {
  const rotation = await leaseKeyRotation(db);
  if (!rotation) return [];
  const { begunAt, nextPublicKey, nextKeyFile } = rotation;
  const { devices, have } = await leaseKeyHolders(db, rotation);
  const since = new Date(begunAt).toISOString().slice(0, 10);
  const under = `A rotation of the lease key is under way since ${since}: ${have} of ${devices} devices have the next one`;
  return nextKeyFile === null && publicKeyIn(nextLeaseKeyFile(keysDir)) !== nextPublicKey
    ? [
        wrong(
          'lease-key',
          `${under}, which is not in ${nextLeaseKeyFile(keysDir)} any more.`,
          'Put it back from your backup of the keys, or: postern-server keys rotate lease --abort',
        ),
      ]
    : [fine('lease-key', `${under}. To end it: postern-server keys rotate lease --finish, or --abort`)];
}

async function ownershipMistakes({ db }: Database, { config, env }: Looked): Promise<Mistake[]> {
  const mark = readMark(config);
  const copy = mark !== null && (await isCopy(db, mark)) ? [putBack(config.databaseFile)] : [];
  const keys = await keysOf(config, env);
  if (keys === null) return copy;
  if ((await checkKeys(db, keys)) !== 'sealed-by-others') {
    const ended = await endedLeaseKey(db, config, keys);
    return [
      ...copy,
      ...(ended ? [ended] : []),
      ...((await hasLeftOver(db)) ? [leftOver(config)] : []),
      ...(isLeaseKeyHalfRotated(config) ? [halfRotated('lease')] : []),
    ];
  }
  return [
    ...copy,
    isHalfRotated(config, env) ? halfRotated('encryption') : await foreignKeys(db, config, keys),
  ];
}

/** Null: they have a line of their own. */
async function keysOf({ keysDir, issuer, secretsAreMounted: areMounted }: ServerConfig, env: Looked['env']) {
  const loaded = await loadServerKeys(keysDir, issuer, env, { areMounted });
  return loaded.ok ? loaded.keys : null;
}

function damageIn(file: string): Mistake | null {
  const restore = 'postern-server database restore FILE';
  const damaged = (detail: string): Mistake => ({ detail: `${file}: ${detail}`, remedy: restore });
  try {
    const sqlite = new DatabaseSync(file, { readOnly: true });
    try {
      refuseNewer(sqlite, file);
      const word = String(sqlite.prepare('pragma quick_check(1)').get()?.quick_check);
      return word === 'ok' ? null : damaged(word);
    } finally {
      sqlite.close();
    }
  } catch (error) {
    if (error instanceof NewerDatabaseError)
      return {
        detail: `${file} was written by a newer version`,
        remedy: `install that one again, or: ${restore}`,
      };
    if (isSqliteError(error)) return damaged(error.message);
    throw error;
  }
}

function wrongBy({ detail, remedy }: Mistake): Check {
  return wrong(ID, `${detail}.`, remedy);
}
