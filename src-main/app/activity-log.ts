import { join } from 'node:path';
import type { Logger } from 'pino';
import * as z from 'zod';
import { openJsonFile } from '../../src-client/settings/json-file.ts';
import { type ActivityEntry, activityEntry } from '../../src-shared/app-snapshot.ts';
import type { ActivityDraft } from './activity-events.ts';

const KEPT = 200;
const fileSchema = z.object({ version: z.literal(1), entries: z.array(activityEntry).max(KEPT) });

export interface ActivityLog {
  /** Newest first, at most 200. A new array after each change. */
  readonly entries: readonly ActivityEntry[];
  readonly putAside: string | null;
  /** In the order in which it happened. */
  add(drafts: readonly ActivityDraft[]): void;
  flush(): Promise<boolean>;
}

/** The list of what happened to this device's connections, kept in `activity.json` of the profile. */
export async function openActivityLog(options: {
  folder: string;
  now: () => number;
  log: Logger;
}): Promise<ActivityLog> {
  const { folder, now, log } = options;
  const file = await openJsonFile({
    path: join(folder, 'activity.json'),
    schema: fileSchema,
    fallback: { version: 1 as const, entries: [] },
    now,
    log,
  });
  return {
    get entries() {
      return file.current.entries;
    },
    putAside: file.putAside,
    add(drafts) {
      if (drafts.length === 0) return;
      const at = new Date(now()).toISOString();
      let id = file.current.entries[0]?.id ?? 0;
      const added = drafts.map((draft) => {
        id += 1;
        return { ...draft, id, at };
      });
      file.set({ version: 1, entries: [...added.reverse(), ...file.current.entries].slice(0, KEPT) });
    },
    flush: file.flush,
  };
}
