import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareStructure } from './structural-sharing.ts';

test('what did not change keeps its identity, what changed does not', () => {
  const before = { connection: { phase: 'connected' }, traffic: [{ rx: 1 }], gateways: [{ id: 'a' }] };
  const after = shareStructure(before, {
    connection: { phase: 'connected' },
    traffic: [{ rx: 1 }, { rx: 2 }],
    gateways: [{ id: 'a' }],
  });
  expect(after).not.toBe(before);
  expect(after.connection).toBe(before.connection);
  expect(after.gateways).toBe(before.gateways);
  expect(after.traffic).not.toBe(before.traffic);
  expect(after.traffic[0]).toBe(before.traffic[0]);
});

test('the result always equals the new data, and equal data is the old object', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (before, after) => {
      expect(shareStructure(before, after)).toEqual(after);
      const copy: unknown = structuredClone(before);
      expect(shareStructure(before, copy)).toBe(before);
    }),
  );
});
