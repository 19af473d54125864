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
    const shared: Record<string, unknown> = {};
    let isSame = Object.keys(previous).length === Object.keys(next).length;
    for (const [key, value] of Object.entries(next)) {
      shared[key] = shareStructure(previous[key], value);
      if (!Object.hasOwn(previous, key) || !Object.is(shared[key], previous[key])) isSame = false;
    }
    return isSame ? previous : shared;
  }
  return next;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
