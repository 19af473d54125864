import { default as fs, mkdtempSync, readdirSync, statSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { keepFiles, writeFiles } from './kept-files.ts';

const FS = ['openSync', 'writeSync', 'renameSync', 'linkSync', 'rmSync', 'mkdirSync', 'chmodSync'] as const;
const PROMISES = ['open', 'rename', 'rm'] as const;
const STATEMENT = ['run', 'get', 'all'] as const;

type Method = (...args: unknown[]) => unknown;

/**
 * Runs `work` in this process and copies `folder` after each of its steps that changed a file there: what is on the disk
 * when the program is killed at that moment (SQLite and Node keep nothing back that `write` has taken). Answers the copies
 * in their order, each in a folder of its own.
 */
export async function crashPoints(folder: string, work: () => Promise<unknown>): Promise<string[]> {
  const points: string[] = [];
  const undo: (() => void)[] = [];
  let before = '';
  let isLooking = false;
  const look = (): void => {
    if (isLooking) return;
    isLooking = true;
    try {
      const now = readdirSync(folder, { recursive: true })
        .map(String)
        .sort()
        .map((name) => {
          const { size, mtimeMs, ino } = statSync(join(folder, name));
          return `${name} ${size} ${mtimeMs} ${ino}`;
        })
        .join('\n');
      if (now === before) return;
      before = now;
      const point = mkdtempSync(join(tmpdir(), 'postern-crash-'));
      // Not by `cpSync`: Node would load what that needs now, and keep what is watched in it for ever.
      writeFiles(keepFiles(folder), point);
      points.push(point);
    } finally {
      isLooking = false;
    }
  };
  const watch = (owner: object, names: readonly string[]): void => {
    for (const name of names) {
      const original = Reflect.get(owner, name) as Method;
      const watched: Method = function (this: unknown, ...args) {
        const result = Reflect.apply(original, this, args);
        if (!(result instanceof Promise)) {
          look();
          return result;
        }
        return result.then((value) => {
          look();
          return value;
        });
      };
      Reflect.set(owner, name, watched);
      undo.push(() => Reflect.set(owner, name, original));
    }
  };
  watch(fs, FS);
  watch(promises, PROMISES);
  watch(DatabaseSync.prototype, ['exec', 'close']);
  watch(StatementSync.prototype, STATEMENT);
  syncBuiltinESMExports();
  try {
    look();
    await work();
    look();
  } finally {
    for (const one of undo) one();
    syncBuiltinESMExports();
  }
  return points;
}
