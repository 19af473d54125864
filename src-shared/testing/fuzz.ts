import fc from 'fast-check';
import * as z from 'zod';

/** `npm run fuzz` sets both: how long each property is tried, and the seed of a run that is to be seen again. */
const environment = z.object({
  POSTERN_FUZZ_SECONDS: z.coerce.number().optional(),
  POSTERN_FUZZ_SEED: z.coerce.number().default(() => Date.now() % 2 ** 31),
});
// This room has no types of Node; its tests run on it.
const { env } = z.object({ process: z.object({ env: environment }) }).parse(globalThis).process;
const { POSTERN_FUZZ_SECONDS: seconds, POSTERN_FUZZ_SEED: seed } = env;

/** Longer than any property takes, on a machine that has other things to do. */
const HANGS_AFTER_MS = 120_000;

/**
 * Tries the property, `tries` times with the other tests and for its time in `npm run fuzz`; what fails is told with its
 * seed, smallest example first. One that hangs fails by the time limit of the test.
 */
export function fuzz<T>(
  what: string,
  arbitrary: fc.Arbitrary<T>,
  holds: (value: T) => Promise<void> | void,
  { tries }: { tries: number },
) {
  return {
    name: `${what} (seed ${seed})`,
    timeoutMs: (seconds ?? 0) * 1000 + HANGS_AFTER_MS,
    run: async () => {
      let last: Promise<void> | undefined;
      const property = fc.asyncProperty(arbitrary, (value) => {
        last = (async () => holds(value))();
        return last;
      });
      // One at least, however busy the machine is: a try may be a whole program.
      await fc.assert(property, { seed, numRuns: seconds === undefined ? tries : 1 });
      if (seconds === undefined) return;
      await fc
        .assert(property, {
          seed,
          numRuns: 1_000_000,
          interruptAfterTimeLimit: seconds * 1000,
          markInterruptAsFailure: false,
        })
        .catch((error: unknown) => {
          if (!(error instanceof Error && /^Property interrupted after 0 tests/.test(error.message)))
            throw error;
        });
      // An interrupt only stops waiting for it.
      await last;
    },
  };
}

const deep = (text: string, depth: number) => text.repeat(depth);

/** What no program sends that means well. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    ...[
      '',
      ' ',
      '\u0000',
      '\ufeff',
      '\ud800',
      '\u202e',
      "'",
      '"',
      '%',
      '%00',
      '../',
      '\r\n',
      '{{7*7}}',
      '-1',
      '0x10',
    ],
    ...[
      '__proto__',
      'constructor',
      'toString',
      'null',
      'NaN',
      '1e999',
      '9'.repeat(400),
      "' or 1=1 --",
      '*:*',
      '"a',
    ],
    ...[
      '2026-02-30',
      '+275760-09-13T00:00:00.001Z',
      '0000-00-00',
      '::ffff:1.2.3.4/0',
      '[::1%25x]/0',
      'x'.repeat(5000),
    ],
  ),
);

export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.anything({ withNullPrototype: false, maxDepth: 2 }),
  fc.constantFrom<unknown>(null, true, -0, -1, 1e308, 2 ** 53, 2 ** 63, 0.1, [], {}, [[]], [null], {
    length: -1,
  }),
);

/** JSON, and what only looks like it: cut short, with keys twice, deep, with `__proto__`, in other encodings. */
export function hostileJson(value: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const text = value.map((one) => JSON.stringify(one) ?? 'undefined');
  return fc.oneof(
    { weight: 6, arbitrary: text },
    text.map((json) => `\ufeff${json}`),
    fc.tuple(text, fc.nat(60)).map(([json, at]) => json.slice(0, -at - 1)),
    text.map((json) => json.replace(/^\{/, '{"__proto__":{"isAdmin":true},')),
    text.map((json) => json.replace(/^\{("[^"]*"):/, '{$1:null,$1:')),
    fc.constantFrom(
      deep('[', 20_000),
      deep('{"a":', 9000),
      `${deep('[', 5000)}${deep(']', 5000)}`,
      '1e999',
      '"\\ud800"',
    ),
  );
}

/** Values that mostly fit a JSON Schema, so that they get past its checks; `known` are texts that mean something. */
export function fitting(
  schema: z.core.JSONSchema._JSONSchema,
  known: readonly string[],
): fc.Arbitrary<unknown> {
  if (typeof schema === 'boolean') return hostileValue;
  const { type, properties, items } = schema;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((choice) => fitting(choice, known)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (properties) {
    const fields = Object.fromEntries(
      Object.entries(properties).map(([key, child]) => [
        key,
        fc.oneof({ weight: 12, arbitrary: fitting(child, known) }, hostileValue),
      ]),
    );
    return fc.record(fields, { requiredKeys: [] });
  }
  if (type === 'array')
    return fc.array(items && !Array.isArray(items) ? fitting(items, known) : hostileValue, { maxLength: 4 });
  if (type === 'boolean') return fc.boolean();
  if (type === 'integer' || type === 'number') {
    const { minimum = -1e6, maximum = 1e6 } = schema;
    return fc.oneof(
      fc.integer({ min: Math.max(minimum, -1e9), max: Math.min(maximum, 1e9) }),
      fc.constantFrom(minimum, maximum, Number.MAX_SAFE_INTEGER, -1, 0.5),
    );
  }
  if (type === 'null') return fc.constant(null);
  return fc.oneof(fc.constantFrom(...known), fc.uuid(), hostileText);
}
