import { accessSync, constants, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Logger } from 'pino';
import * as z from 'zod';
import { writeFileAtomic } from '../../src-node/atomic-file.ts';
import { giveToFolderOwner } from '../../src-node/file-owner.ts';
import { inTurn } from '../../src-node/in-turn.ts';
import type { ServerConfig } from '../config.ts';
import type { Db } from './database.ts';

const INTERVAL_MS = 10_000;

/** The newest row of the audit log as it was a moment ago, kept outside of the database. */
const recordMark = z.object({ seq: z.number().int(), hash: z.string() });
export type RecordMark = z.infer<typeof recordMark>;

type Places = Pick<ServerConfig, 'keysDir' | 'databaseFile'>;

const besideDatabase = ({ databaseFile }: Places): string => `${databaseFile}.newest.json`;

/** Beside the keys, which are not put back with a database; where these cannot be written, beside the database. */
export function markFile(places: Places): string {
  const { keysDir, databaseFile } = places;
  try {
    accessSync(keysDir, constants.W_OK);
    return join(keysDir, `${basename(databaseFile)}.newest.json`);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return besideDatabase(places);
    throw error;
  }
}

/** A new database has nothing to be an older copy of. */
export function forgetMark(places: Places): void {
  rmSync(markFile(places), { force: true });
  forgetOther(places);
}

/**
 * Root may write beside the keys where the service may not: a mark that the service has left beside the database must not
 * speak against what root has just put right.
 */
function forgetOther(places: Places): void {
  if (markFile(places) !== besideDatabase(places)) rmSync(besideDatabase(places), { force: true });
}

/** Null: there is none, or it cannot be read as one. */
export function readMark(places: Places): RecordMark | null {
  try {
    return recordMark.safeParse(JSON.parse(readFileSync(markFile(places), 'utf8'))).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error)) return null;
    throw error;
  }
}

/**
 * Whether the database is another one than the mark was made of, or that one as it was before: somebody put a copy back.
 * Rows that were archived since are no sign of that.
 */
export async function isCopy(db: Db, mark: RecordMark): Promise<boolean> {
  const row = await db.selectFrom('audit').select('hash').where('seq', '=', mark.seq).executeTakeFirst();
  if (row) return row.hash !== mark.hash;
  const oldest = await db.selectFrom('audit').select('seq').orderBy('seq').limit(1).executeTakeFirst();
  return oldest === undefined || oldest.seq < mark.seq;
}

/** Makes the mark anew; nothing where there is no row yet. Rejects when it cannot be written. */
export async function writeMark(db: Db, places: Places): Promise<RecordMark | null> {
  const newest = await newestRow(db);
  if (!newest) return null;
  const file = markFile(places);
  await writeFileAtomic(file, `${JSON.stringify(newest)}\n`);
  giveToFolderOwner(file);
  forgetOther(places);
  return newest;
}

function newestRow(db: Db): Promise<RecordMark | undefined> {
  return db.selectFrom('audit').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst();
}

/** Keeps the mark while the server runs. What it names is committed, so a crash never leaves it ahead of the database. */
export class MarkKeeper {
  readonly #db: Db;
  readonly #places: Places;
  readonly #log: Logger;
  #newest = 0;
  #isFailing = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #inTurn = inTurn();

  constructor(db: Db, places: Places, log: Logger) {
    this.#db = db;
    this.#places = places;
    this.#log = log;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#write(), INTERVAL_MS);
    void this.#write();
  }

  /** Before the database is closed. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#write();
  }

  #write(): Promise<void> {
    return this.#inTurn(() => this.#writeIfNew());
  }

  /** Never rejects. */
  async #writeIfNew(): Promise<void> {
    try {
      if ((await newestRow(this.#db))?.seq === this.#newest) return;
      this.#newest = (await writeMark(this.#db, this.#places))?.seq ?? 0;
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing)
        this.#log.warn(
          { err: error, file: markFile(this.#places) },
          'a copy that is put back may not be noticed',
        );
      this.#isFailing = true;
    }
  }
}
