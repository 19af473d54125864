import { readFile, rename } from 'node:fs/promises';
import type { Logger } from 'pino';
import type * as z from 'zod';
import { writeFileAtomic } from '../../src-node/atomic-file.ts';
import { parseJson } from '../../src-shared/parse-json.ts';
import { errorCode } from '../control/network-problem.ts';

export interface JsonFile<T> {
  readonly current: T;
  /** Where a damaged file was put aside, if there was one. */
  readonly putAside: string | null;
  /** There is a file, and it could not be read. */
  readonly isUnreadable: boolean;
  /** Takes effect at once; written soon after, the newest value in one write. */
  set(value: T): void;
  /** Resolves when everything is on disk; false when it could not be written. */
  flush(): Promise<boolean>;
}

export interface JsonFileOptions<T> {
  path: string;
  schema: z.ZodType<T>;
  fallback: T;
  /** Milliseconds since 1970. */
  now: () => number;
  log: Logger;
}

/** Opens a small file of ours: missing → `fallback`; damaged → kept aside under another name, then `fallback`. */
export async function openJsonFile<T>(options: JsonFileOptions<T>): Promise<JsonFile<T>> {
  const { path, log } = options;
  const read = await readValue(options);
  let current = read.value;
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
        log.error({ code: errorCode(error), path }, 'file cannot be written');
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
    putAside: read.putAside,
    isUnreadable: read.isUnreadable,
    set(value) {
      current = value;
      isDirty = true;
      void flush();
    },
    flush,
  };
}

type Read<T> = { value: T; putAside: string | null; isUnreadable: boolean };

async function readValue<T>({ path, schema, fallback, now, log }: JsonFileOptions<T>): Promise<Read<T>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const isUnreadable = errorCode(error) !== 'ENOENT';
    if (isUnreadable) log.error({ code: errorCode(error), path }, 'file cannot be read');
    return { value: fallback, putAside: null, isUnreadable };
  }
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return { value: parsed.data, putAside: null, isUnreadable: false };
  const putAside = `${path}.damaged-${now()}`;
  await rename(path, putAside);
  log.warn({ putAside }, 'damaged file put aside');
  return { value: fallback, putAside, isUnreadable: false };
}
