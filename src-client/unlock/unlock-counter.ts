import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import * as z from 'zod';
import { writeFileAtomic } from '../../src-node/atomic-file.ts';
import { parseJson } from '../../src-shared/parse-json.ts';
import { fail, ok, type Result } from '../../src-shared/problem.ts';
import { errorCode } from '../control/network-problem.ts';

const counters = z.record(z.string(), z.number().int().nonnegative());

export interface UnlockCounterOptions {
  /** Profile folder. */
  folder: string;
  /** Milliseconds since 1970. */
  now: () => number;
  log: Logger;
}

/** The number in every signed statement. It only grows, so that the server notices a second holder of the key. */
export interface UnlockCounter {
  /** On disk before it is used. `unlock-unavailable` when it cannot be written. Calls take their turn. */
  next(deviceId: string): Promise<Result<number>>;
  /** After a set-up with a code: goes on ahead of whatever the server has seen, e.g. after an old file was restored. */
  renew(deviceId: string): Promise<Result<number>>;
}

/**
 * `unlock-counter.json`: device id → the last number given out. Written ahead, flushed and renamed into place, so that
 * neither a crash nor a kill lets a number be used twice. Without an entry it starts at the milliseconds since 1970,
 * ahead of what a lost file had counted; a file from before falls behind, which the server takes for a second holder.
 */
export function createUnlockCounter({ folder, now, log }: UnlockCounterOptions): UnlockCounter {
  const path = join(folder, 'unlock-counter.json');
  let known: Record<string, number> | null = null;
  let turn: Promise<unknown> = Promise.resolve();

  async function read(): Promise<Record<string, number>> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return {};
      throw error;
    }
    const parsed = counters.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    await rename(path, `${path}.damaged-${now()}`);
    log.warn({ path }, 'damaged unlock counter put aside');
    return {};
  }

  async function take(deviceId: string, isAhead: boolean): Promise<Result<number>> {
    try {
      known ??= await read();
      const last = known[deviceId];
      const start = Math.floor(now());
      const next = last === undefined ? start : Math.max(last + 1, isAhead ? start : 0);
      known = { ...known, [deviceId]: next };
      await writeFileAtomic(path, JSON.stringify(known));
      return ok(next);
    } catch (error) {
      log.error({ code: errorCode(error), path }, 'unlock counter cannot be kept');
      return fail('unlock-unavailable', 'The profile folder cannot be written, so nothing was sent.');
    }
  }

  function inTurn(deviceId: string, isAhead: boolean): Promise<Result<number>> {
    const taken = turn.then(() => take(deviceId, isAhead));
    turn = taken;
    return taken;
  }
  return {
    next: (deviceId) => inTurn(deviceId, false),
    renew: (deviceId) => inTurn(deviceId, true),
  };
}
