/**
 * `next`, with every part that equals its counterpart in `previous` replaced by that counterpart, so that selectors
 * see a change only where something changed. Plain JSON data in, plain JSON data out.
 */
export function shareStructure<T>(previous: unknown, next: T): T;
export function shareStructure(previous: unknown, next: unknown): unknown {
  if (Object.is(previous, next)) return previous;
  if (Array.isArray(previous) && Array.isArray(next)) {
    const shared = next.map((item: unknown, index) => shareStructure(previous[index], item));
    const isSame =
      previous.length === shared.length && shared.every((item, i) => Object.is(item, previous[i]));
    return isSame ? previous : shared;
  }
  if (isRecord(previous) && isRecord(next)) {
    // Entries, not assignments: a key may be called `__proto__`.
    const entries = Object.entries(next).map(([key, value]): [string, unknown] => [
      key,
      Object.hasOwn(previous, key) ? shareStructure(previous[key], value) : value,
    ]);
    const isSame =
      Object.keys(previous).length === entries.length &&
      entries.every(([key, value]) => Object.hasOwn(previous, key) && Object.is(value, previous[key]));
    return isSame ? previous : Object.fromEntries(entries);
  }
  return next;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
