/** A value as text, and back. */
export interface CloneCodec {
  encode(value: unknown): string;
  decode(text: string): unknown;
}

/** Takes values that cannot be cloned (functions, promises) apart; each end of the context bridge brings its own. */
export interface Handles {
  /** Undefined: this cannot cross. */
  give(value: object): ['f' | 'p', number] | undefined;
  take(kind: 'f' | 'p', id: number): unknown;
}

/**
 * Structured clone (HTML, section 2.7) over text, as far as IPC needs it: what cannot be cloned throws as in Electron.
 * Stands on its own, since its source also runs inside the page.
 */
export function createCloneCodec(handles: Handles | null): CloneCodec {
  const pack = (value: unknown, depth: number): unknown => {
    if (depth > 200) throw new Error('An object could not be cloned.');
    const inside = (member: unknown): unknown => pack(member, depth + 1);
    if (value === undefined) return ['u'];
    if (typeof value === 'number' && !Number.isFinite(value)) return ['n', String(value)];
    if (typeof value === 'bigint') return ['b', String(value)];
    if (typeof value === 'symbol') throw new Error('An object could not be cloned.');
    if (typeof value === 'function' || value instanceof Promise) {
      const handle = handles?.give(value);
      if (!handle) throw new Error('An object could not be cloned.');
      return handle;
    }
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return ['a', value.map(inside)];
    if (value instanceof Date) return ['d', value.getTime()];
    if (value instanceof Uint8Array) return ['y', [...value]];
    if (value instanceof Map) return ['m', [...value].map(([key, member]) => [inside(key), inside(member)])];
    if (value instanceof Set) return ['s', [...value].map(inside)];
    if (value instanceof Error) return ['e', value.name, value.message];
    return ['o', Object.entries(value).map(([key, member]) => [key, inside(member)])];
  };
  const unpack = (packed: unknown): unknown => {
    if (!Array.isArray(packed)) return packed;
    const [kind, content, extra] = packed;
    switch (kind) {
      case 'n':
        return Number(content);
      case 'b':
        return BigInt(content);
      case 'f':
      case 'p':
        return handles?.take(kind, content);
      case 'a':
        return content.map(unpack);
      case 'd':
        return new Date(content);
      case 'y':
        return new Uint8Array(content);
      case 'm':
        return new Map(content.map(([key, member]: [unknown, unknown]) => [unpack(key), unpack(member)]));
      case 's':
        return new Set(content.map(unpack));
      case 'e':
        return Object.assign(new Error(extra), { name: content });
      case 'o':
        return Object.fromEntries(content.map(([key, member]: [string, unknown]) => [key, unpack(member)]));
      default:
        return undefined;
    }
  };
  return {
    encode: (value) => JSON.stringify(pack(value, 0)),
    decode: (text) => unpack(JSON.parse(text)),
  };
}
