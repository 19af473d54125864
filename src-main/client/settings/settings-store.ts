import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { writeFileAtomic } from '../../../src-node/atomic-file.ts';
import { errorCode } from '../control/network-problem.ts';
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
export async function openSettings(options: SettingsOptions): Promise<SettingsStore> {
  const { folder, log } = options;
  const path = join(folder, 'settings.json');
  const read = await readSettings(path, options);
  let current = read.settings;
  let isDirty = false;
  let writing: Promise<boolean> | null = null;

  async function write(): Promise<boolean> {
    let isWritten = true;
    while (isDirty) {
      isDirty = false;
      try {
        await writeFileAtomic(path, `${JSON.stringify(current, null, 2)}\n`);
        isWritten = true;
      } catch (error) {
        log.error({ code: errorCode(error) }, 'settings cannot be written');
        isWritten = false;
      }
    }
    return isWritten;
  }

  function flush(): Promise<boolean> {
    writing ??= write().finally(() => {
      writing = null;
    });
    return writing;
  }

  return {
    get current() {
      return current;
    },
    notice: read.notice,
    change(change) {
      current = { ...current, ...change };
      isDirty = true;
      void flush();
    },
    flush,
  };
}

async function readSettings(
  path: string,
  { now, newId, log }: SettingsOptions,
): Promise<{ settings: Settings; notice: string | null }> {
  const fresh = () => defaultSettings(newId());
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { settings: fresh(), notice: null };
    log.error({ code: errorCode(error) }, 'settings cannot be read');
    return { settings: fresh(), notice: `The settings in ${path} could not be read. Defaults are in use.` };
  }
  const parsed = settingsSchema.safeParse(parseJson(text));
  if (parsed.success) return { settings: parsed.data, notice: null };
  const aside = `${path}.damaged-${now()}`;
  await rename(path, aside);
  log.warn({ aside }, 'damaged settings put aside');
  return {
    settings: fresh(),
    notice: `The settings file was damaged. It was kept as ${aside}; sign in again to start afresh.`,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
