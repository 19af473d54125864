import { join } from 'node:path';
import type { Logger } from 'pino';
import { type JsonFile, openJsonFile } from './json-file.ts';
import { defaultSettings, type Settings, settingsSchema } from './settings.ts';

export interface SettingsStore {
  readonly current: Settings;
  /** What the user is to be told of the file, if anything. */
  readonly notice: string | null;
  /** Takes effect at once; written soon after, the newest state in one write. */
  change(change: Partial<Settings>): void;
  /** Resolves when everything is on disk; false when it could not be written. */
  flush(): Promise<boolean>;
}

export interface SettingsOptions {
  /** Profile folder; `settings.json` inside it is 0600. */
  folder: string;
  now: () => number;
  newId: () => string;
  log: Logger;
}

/** Reads `settings.json`. A damaged file is kept aside under another name and defaults are used, with a notice. */
export async function openSettings({ folder, now, newId, log }: SettingsOptions): Promise<SettingsStore> {
  const path = join(folder, 'settings.json');
  const file = await openJsonFile<Settings>({
    path,
    schema: settingsSchema,
    fallback: defaultSettings(newId()),
    now,
    log,
  });
  return {
    get current() {
      return file.current;
    },
    notice: noticeOf(file, path),
    change: (change) => file.set({ ...file.current, ...change }),
    flush: () => file.flush(),
  };
}

function noticeOf({ putAside, isUnreadable }: JsonFile<Settings>, path: string): string | null {
  if (isUnreadable) return `The settings in ${path} could not be read. Defaults are in use.`;
  return putAside === null
    ? null
    : `The settings file was damaged. It was kept as ${putAside}; sign in again to start afresh.`;
}
