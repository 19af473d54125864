import { expect, test } from 'vitest';
import { parseJson } from './parse-json.ts';

test.each(['', 'undefined', '{"a":1', '{} {}', "{'a':1}"])('%j is no JSON', (text) => {
  expect(parseJson(text)).toBeUndefined();
});

test.each([
  ['null', null],
  ['0', 0],
  [' {"a":[]} ', { a: [] }],
])('%s is JSON, be it of no use', (text, value) => {
  expect(parseJson(text)).toEqual(value);
});
