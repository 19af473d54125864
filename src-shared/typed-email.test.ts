import { expect, test } from 'vitest';
import { foldEmail, isEmailAddress } from './typed-email.ts';

const ada = 'ada@example.com';
const bucher = 'ada@xn--bcher-kva.example';

test.each([
  ['as it is', 'ada@example.com', ada],
  ['capitals', 'Ada@Example.COM', ada],
  ['spaces around it', '  ada@example.com\t\n', ada],
  ['no-break and ideographic spaces', '\u00a0ada@example.com\u3000', ada],
  ['a zero-width space from a web page', 'ada@\u200bexample.com', ada],
  ['a byte order mark from a file', '\ufeffada@example.com', ada],
  ['marks of the writing direction', '\u2066ada@example.com\u2069', ada],
  ['a soft hyphen from a PDF', 'ada@exam\u00adple.com', ada],
  ['full width of a Japanese keyboard', 'ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ', ada],
  ['an ideographic full stop', 'ada@example。com', ada],
  ['a link', 'mailto:ada@example.com', ada],
  ['a name before it', 'Ada Lovelace <ada@example.com>', ada],
  ['the dot of the root', 'ada@example.com.', ada],
  ['an international domain', 'ada@bücher.example', bucher],
  ['its capitals', 'ADA@BÜCHER.example', bucher],
  ['its letters in parts (NFD, macOS)', 'ada@bu\u0308cher.example', bucher],
  ['its ASCII form', 'ada@XN--bcher-KVA.example', bucher],
  ['a local part in parts (NFD)', 'ju\u0308rgen@example.com', 'jürgen@example.com'],
  ['a sharp s, which is no ss', 'Groß@example.com', 'groß@example.com'],
  ['a tag, which counts', 'ada+vpn@example.com', 'ada+vpn@example.com'],
  ['dots in the local part, which count', 'a.da@example.com', 'a.da@example.com'],
])('%s', (_what, typed, meant) => {
  expect(foldEmail(typed)).toBe(meant);
  expect(isEmailAddress(foldEmail(typed))).toBe(true);
  expect(foldEmail(foldEmail(typed))).toBe(meant);
});

test.each([
  '',
  'ada',
  '@example.com',
  'ada@',
  'ada@exa mple.com',
  'ada@example.com/path',
  'ada@example.com:25',
  'ada@@example.com',
  'ada@exa%mple.com',
  'removed:01890000-0000-7000-8000-000000000001',
  `${'a'.repeat(65)}@example.com`,
  `ada@${'a.'.repeat(130)}example`,
])('no address: %s', (typed) => {
  expect(isEmailAddress(foldEmail(typed))).toBe(false);
});
