import { expect, test } from 'vitest';
import { typedDomain } from './typed-domain.ts';

test('a domain is taken as people type it', () => {
  expect(typedDomain(' Corp.Example. ')).toBe('corp.example');
  expect(typedDomain('internal')).toBe('internal');
  expect(typedDomain('20.10.in-addr.arpa')).toBe('20.10.in-addr.arpa');
});

test.each([
  '',
  '.',
  'corp..example',
  '*.corp.example',
  '.corp.example',
  '-corp.example',
  'müller.example',
  '10.0.0.53',
])('"%s" is no domain', (text) => expect(typedDomain(text)).toBe(null));
