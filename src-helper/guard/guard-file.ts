import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { writeFileAtomic } from '../../src-node/atomic-file.ts';
import { guardClaims, guardEvent, guardMode, MAX_GUARD_EVENTS } from '../../src-shared/guard.ts';
import { parseJson } from '../../src-shared/parse-json.ts';

const RELEASE_COMMAND = 'sudo postern-helper release';

const knownGuard = z.object({ claims: guardClaims, isReleased: z.boolean() });

const guardRecord = z.object({
  /** The newest of each `iss` and `sub`. */
  guards: z.array(knownGuard),
  /** By user of this computer. */
  own: z.record(z.string(), guardMode),
  /** Oldest first. */
  events: z.array(guardEvent).max(MAX_GUARD_EVENTS),
  /** When a network's page was opened, milliseconds since 1970, of the last hour. */
  portals: z.array(z.number()),
});
export type GuardRecord = z.infer<typeof guardRecord>;

/** Of the helper's state folder. */
export const GUARD_FILE = 'guard.json';

export const NO_RECORD: GuardRecord = { guards: [], own: {}, events: [], portals: [] };

/** A missing file is an empty record. Rejects, with the way out, when it is there but not to be understood. */
export async function readGuardFile(file: string): Promise<GuardRecord> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return NO_RECORD;
  const parsed = guardRecord.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new Error(
    `${file} is not understood, so what it holds back stays. To be free of it: ${RELEASE_COMMAND}`,
  );
}

/** Resolves when it is on disk, for root alone. */
export function writeGuardFile(file: string, record: GuardRecord): Promise<void> {
  return writeFileAtomic(file, JSON.stringify(record));
}
