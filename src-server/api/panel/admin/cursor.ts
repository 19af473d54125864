import * as z from 'zod';
import { parseJson } from '../../../../src-shared/parse-json.ts';
import { fail, ok, type Result } from '../../../../src-shared/problem.ts';

/** Where the next page begins: the key of the last row, as base64url of JSON. Opaque to whoever holds it. */
export function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** The key of a cursor; undefined without one, `invalid-request` for one that was not made here. */
export function decodeCursor<K extends [string | number, ...(string | number)[]]>(
  cursor: string | undefined,
  schema: z.ZodType<K>,
): Result<K | undefined> {
  if (cursor === undefined) return ok(undefined);
  const parsed = schema.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')));
  return parsed.success ? ok(parsed.data) : fail('invalid-request', 'cursor: not one of this list');
}

/** `[time, id]`: the key of lists in the order of time. */
export const timeKey = z.tuple([z.number(), z.string()]);
/** `[name, id]`: the key of lists by name. */
export const nameKey = z.tuple([z.string(), z.string()]);

/** One row more than the page was asked for: whether there is a next page, and where it begins. */
export function pageOf<R>(
  rows: readonly R[],
  limit: number,
  keyOf: (row: R) => readonly (string | number)[],
): { items: R[]; nextCursor: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null };
}

/** Milliseconds since 1970 as ISO 8601. */
export const iso = (time: number): string => new Date(time).toISOString();
export const isoOrNull = (time: number | null): string | null =>
  time === null || time === 0 ? null : iso(time);
