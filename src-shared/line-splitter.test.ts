import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

/** Cuts `bytes` at these places and pushes the pieces. */
function pushAll(splitter: LineSplitter, bytes: Buffer, cuts: number[]) {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  const lines: string[] = [];
  for (let index = 1; index < places.length; index++) {
    const result = splitter.push(bytes.subarray(places[index - 1], places[index]));
    lines.push(...result.lines);
    if (result.overflow) return { lines, overflow: true };
  }
  return { lines, overflow: false };
}

const line = fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => text.replaceAll('\n', ' '));

it('gives the same lines however the bytes arrive, even cut inside a letter', () => {
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat()), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      expect(pushAll(new LineSplitter(1000), bytes, cuts)).toEqual({ lines, overflow: false });
    }),
  );
});

it('stops at a line that is too long, finished or not, and gives those before it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.boolean(),
      fc.array(fc.nat()),
      (length, isFinished, cuts) => {
        const bytes = Buffer.from(`ok\n${'x'.repeat(length)}${isFinished ? '\n' : ''}`);
        const { lines, overflow } = pushAll(new LineSplitter(100), bytes, cuts);
        expect(overflow).toBe(length > 100);
        expect(lines).toEqual(length > 100 || !isFinished ? ['ok'] : ['ok', 'x'.repeat(length)]);
      },
    ),
  );
});
