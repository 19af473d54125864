import { expect, test } from 'vitest';
import { serverUrlOf } from './server-url.ts';

test.each([
  ['vpn.example.com', 'https://vpn.example.com'],
  [' https://vpn.example.com/ ', 'https://vpn.example.com'],
  ['vpn.example.com:8443', 'https://vpn.example.com:8443'],
  ['https://10.0.0.1:8443/client/v1', 'https://10.0.0.1:8443'],
])('%j is %s', (typed, url) => expect(serverUrlOf(typed)).toBe(url));

test.each(['', '   ', 'http://vpn.example.com', 'file:///etc/passwd', 'https://good@evil.example', 'a b'])(
  '%j is no server',
  (typed) => expect(serverUrlOf(typed)).toBeNull(),
);
