import { Temporal } from 'temporal-polyfill';
import * as z from 'zod';

const DAY = String.raw`\d{4}-\d\d-\d\d`;
/** RFC 3339 §5.6, and the same without seconds, without an offset, or only the day. */
const SHAPE = new RegExp(
  String.raw`^(${DAY})(?:[Tt ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,30}))?(?: ?([Zz]|[+-]\d\d:?\d\d))?)?$`,
);

export type TypedTime = { ok: true; at: number } | { ok: false; sentence: string };

/**
 * An instant as people and programs write it → milliseconds since 1970: RFC 3339 in every form (lower case, a space in
 * the middle, offsets, fractions, a leap second, which is the second before it), a day alone, and without an offset UTC.
 * A `+` that a URL made a space of is one. Days and times that do not exist are refused.
 */
export function readTime(typed: string): TypedTime {
  const text = typed
    .trim()
    .replaceAll('\u2212', '-')
    .replace(/(:\d\d(?:[.,]\d+)?) (\d\d:?\d\d)$/, '$1+$2');
  const match = SHAPE.exec(text);
  if (!match)
    return {
      ok: false,
      sentence: 'expected a time such as 2026-11-29T12:00:00Z, or a day such as 2026-11-29',
    };
  const [, day = '', clock = '00:00', fraction = '', offset = 'Z'] = match;
  const wrong = missingPart(day, clock);
  if (wrong !== null) return { ok: false, sentence: wrong };
  try {
    // Finer than milliseconds is cut.
    const instant = Temporal.Instant.from(
      `${day}T${clock}${fraction === '' ? '' : `.${fraction.slice(0, 9)}`}${offset.toUpperCase()}`,
    );
    return { ok: true, at: instant.epochMilliseconds };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, sentence: `expected an offset from -23:59 to +23:59, not ${offset}` };
  }
}

function missingPart(day: string, clock: string): string | null {
  try {
    Temporal.PlainDate.from(day);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `expected a day that exists, not ${day}`;
  }
  try {
    Temporal.PlainTime.from(`T${clock}`);
    return null;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `expected a time from 00:00:00 to 23:59:59, not ${clock}`;
  }
}

/** The same as a schema, milliseconds since 1970. */
export const typedTime = z
  .string()
  .max(100)
  .transform((text, context) => {
    const read = readTime(text);
    if (read.ok) return read.at;
    context.addIssue({ code: 'custom', message: read.sentence });
    return z.NEVER;
  });
