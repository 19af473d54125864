import { describe, expect, it } from 'vitest';
import { webProxyFor } from './web-proxy.ts';

const SERVER = 'https://vpn.example.com';
const PROXY = 'http://proxy.example.com:3128';

describe('the web proxy of the environment', () => {
  it.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'])('is found in %s', (name) => {
    expect(webProxyFor(SERVER, { [name]: PROXY })).toBe(PROXY);
  });

  it('is not that of plain HTTP, and not one that is empty or cannot be read', () => {
    expect(webProxyFor(SERVER, { http_proxy: PROXY })).toBeNull();
    expect(webProxyFor(SERVER, { HTTPS_PROXY: '' })).toBeNull();
    expect(webProxyFor(SERVER, { HTTPS_PROXY: 'http://' })).toBeNull();
  });

  it('is shown without name and password', () => {
    expect(webProxyFor(SERVER, { HTTPS_PROXY: 'http://ada:s3cret@proxy.example.com:3128/x?y' })).toBe(PROXY);
    expect(webProxyFor(SERVER, { HTTPS_PROXY: 'ada:s3cret@proxy.example.com:3128' })).toBe(PROXY);
    expect(webProxyFor(SERVER, { HTTPS_PROXY: 'socks5://[2001:db8::1]:1080' })).toBe(
      'socks5://[2001:db8::1]:1080',
    );
  });

  it.each([
    ['*', SERVER, true],
    ['vpn.example.com', SERVER, true],
    ['example.com', SERVER, true],
    ['.Example.com, other.org', SERVER, true],
    ['*.example.com', SERVER, true],
    ['other.org example.com', SERVER, true],
    ['vpn.example.com:443', SERVER, true],
    ['vpn.example.com:8443', SERVER, false],
    ['ample.com', SERVER, false],
    ['com.example', SERVER, false],
    ['', SERVER, false],
    ['10.0.0.0/8', 'https://10.1.2.3:8443', true],
    ['10.1.2.3', 'https://10.1.2.3:8443', true],
    ['10.1.2.3:8443', 'https://10.1.2.3:8443', true],
    ['10.1.2.3:443', 'https://10.1.2.3:8443', false],
    ['192.168.0.0/16', 'https://10.1.2.3', false],
    ['10.0.0.0/99', 'https://10.1.2.3', false],
    ['2001:db8::/32', 'https://[2001:db8::7]', true],
    ['2001:db8::7', 'https://[2001:db8::7]', true],
    ['[2001:db8::7]:443', 'https://[2001:db8::7]', true],
    ['2001:db8::8', 'https://[2001:db8::7]', false],
  ])('with NO_PROXY %j and %s: exempt is %s', (list, server, isExempt) => {
    expect(webProxyFor(server, { HTTPS_PROXY: PROXY, NO_PROXY: list }) === null).toBe(isExempt);
  });
});
