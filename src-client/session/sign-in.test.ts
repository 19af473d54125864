import { describe, expect, it } from 'vitest';
import { normalizeServerUrl } from './sign-in.ts';

describe('the address of a server', () => {
  it.each([
    ['vpn.example.com', 'https://vpn.example.com'],
    [' https://VPN.example.com/ ', 'https://vpn.example.com'],
    ['https://vpn.example.com:8443/path?x#y', 'https://vpn.example.com:8443'],
    ['[2001:db8::1]:8443', 'https://[2001:db8::1]:8443'],
  ])('%s is %s', (typed, url) => {
    expect(normalizeServerUrl(typed)).toBe(url);
  });

  it.each([
    '',
    'http://vpn.example.com',
    'ftp://x',
    'https://',
    'https://user:pw@vpn.example.com',
    'a b',
    'file:///etc/passwd',
  ])('%j is none', (typed) => {
    expect(normalizeServerUrl(typed)).toBeNull();
  });
});
