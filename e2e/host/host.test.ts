import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCloneCodec } from '../../lab/host/browser/clone-codec.ts';
import { fromPageUrl, toPageUrl } from '../../lab/host/browser/page-url.ts';
import { InstanceLock } from '../../lab/host/electron/instance-lock.ts';
import { createWire, type Port } from '../../lab/host/wire.ts';

describe('values cross as by structured clone', () => {
  const codec = createCloneCodec(null);

  test('whatever can be cloned comes back equal', () => {
    const value = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: false,
      withNullPrototype: false,
    });
    fc.assert(
      fc.property(value, (original) => {
        // A clone has no -0 through JSON, and no invalid date; neither ever crosses here.
        fc.pre(!/-0|Invalid|__proto__/.test(fc.stringify(original)) && !hasInvalidDate(original));
        expect(codec.decode(codec.encode(original))).toEqual(original);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['a function', () => undefined],
    ['a symbol', Symbol('x')],
    ['a promise', Promise.resolve()],
    ['a function inside', { a: [() => undefined] }],
  ])('%s is refused as in Electron', (_name, value) => {
    expect(() => codec.encode(value)).toThrow('An object could not be cloned.');
  });

  test('an object that holds itself is refused and not followed for ever', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(() => codec.encode(circle)).toThrow('An object could not be cloned.');
  });
});

test.each(['app://ui/', 'app://ui/assets/index.js?x=1#y', 'app://ui/a/../b', 'app://ui/%2e%2e/secret'])(
  '%s is the same URL again after the page',
  (url) => {
    expect(fromPageUrl(toPageUrl(url))).toBe(url);
  },
);

test('a URL that is no page of ours stays what it is', () => {
  for (const url of ['https://example.com/', 'file:///etc/passwd', 'https://ui.app.invalid.example.com/'])
    expect(fromPageUrl(url)).toBe(url);
});

test('a call crosses the wire with its values, and a refusal with its words', async () => {
  const listeners: ((message: unknown) => void)[][] = [[], []];
  const port = (here: number): Port => ({
    send: (message) =>
      queueMicrotask(() => {
        for (const listener of listeners[1 - here] ?? []) listener(message);
      }),
    onMessage: (listener) => void listeners[here]?.push(listener),
  });
  type Sums = { add: (a: number, b: number) => number; fail: () => void };
  createWire<Record<never, never>, Sums>(port(1), {
    add: (a, b) => a + b,
    fail() {
      throw new Error('not today');
    },
  });
  const wire = createWire<Sums, Record<never, never>>(port(0), {});
  expect(await wire.call('add', 2, 3)).toBe(5);
  await expect(wire.call('fail')).rejects.toThrow('not today');
});

test('one instance at a time, the second tells the first, and a killed one is no obstacle', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pst-d3-lock-'));
  const lock = path.join(import.meta.dirname, '../../lab/host/electron/instance-lock.ts');
  const second = `const { InstanceLock } = await import(${JSON.stringify(lock)});
    const lock = new InstanceLock(() => undefined);
    console.log(lock.request(${JSON.stringify(folder)}, ['app', 'postern://connect/x'], '/', {}));
    await lock.told;`;
  const killed = `const { InstanceLock } = await import(${JSON.stringify(lock)});
    new InstanceLock(() => undefined).request(${JSON.stringify(folder)}, [], '/', {});
    process.kill(process.pid, 'SIGKILL');`;
  const run = (source: string) =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', source]);
  try {
    await expect(run(killed)).rejects.toMatchObject({ signal: 'SIGKILL' });
    const heard = Promise.withResolvers<string[]>();
    const first = new InstanceLock((argv) => heard.resolve(argv));
    expect(first.request(folder, [], '/', {})).toBe(true);
    expect((await run(second)).stdout.trim()).toBe('false');
    expect(await heard.promise).toEqual(['app', 'postern://connect/x']);
    first.release();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function hasInvalidDate(value: unknown): boolean {
  if (value instanceof Date) return Number.isNaN(value.getTime());
  if (value instanceof Map) return [...value].flat().some(hasInvalidDate);
  if (value instanceof Set) return [...value].some(hasInvalidDate);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasInvalidDate);
}
