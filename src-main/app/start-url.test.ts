import { describe, expect, test } from 'vitest';
import { systemBusAddress } from '../../src-client/system-bus.ts';
import { isAllowedExternal, linkTargets } from './external-links.ts';
import { forbiddenSwitches } from './forbidden-switches.ts';
import { isOwnUrl, originOf, startUrl } from './start-url.ts';

describe('checklist', () => {
  test('12: an external address is https, of a known host in its plain spelling, or it is not opened', () => {
    for (const target of Object.values(linkTargets)) expect(isAllowedExternal(target)).toBe(true);
    for (const url of [
      'http://postern.example/x',
      'smb://postern.example/x',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'HTTPS://postern.example/x',
      'https://Postern.example/x',
      'https://postern.example@evil.example/x',
      'https://user:pw@postern.example/x',
      'https://postern.example.evil.example/',
      'https://posterń.example/',
      'https://postern.example:8443/',
      'https:\\\\postern.example\\x',
      'https:/postern.example/x',
      ' https://postern.example/x',
      'https://evil.example/',
      '',
    ])
      expect.soft(isAllowedExternal(url), url).toBe(false);
  });

  test('17: only a checkout reads the address of a development server, and only of this computer', () => {
    const env = { POSTERN_DEV_SERVER: 'http://127.0.0.1:5173/x' };
    expect(startUrl(env, false)).toBe('http://127.0.0.1:5173/');
    expect(startUrl(env, true)).toBe('app://ui/');
    expect(startUrl({}, false)).toBe('app://ui/');
    for (const other of [
      'https://example.com/',
      'http://example.com/',
      'http://127.0.0.1.evil/',
      'http://localhost@evil/',
      'file:///tmp/x.html',
      'nonsense',
    ])
      expect.soft(startUrl({ POSTERN_DEV_SERVER: other }, false), other).toBe('app://ui/');
  });

  test('32: switches that open the app are found, however they are written', () => {
    for (const [argument, name] of [
      ['--remote-debugging-port=9222', 'remote-debugging-port'],
      ['--remote-debugging-pipe', 'remote-debugging-pipe'],
      ['--remote-debugging-address=0.0.0.0', 'remote-debugging-address'],
      ['--inspect', 'inspect'],
      ['--inspect-brk=0', 'inspect-brk'],
      ['--js-flags=--expose-gc', 'js-flags'],
      ['--no-sandbox', 'no-sandbox'],
      ['--disable-web-security', 'disable-web-security'],
      ['--load-extension=/x', 'load-extension'],
      ['--host-rules=MAP * x', 'host-rules'],
      ['--host-resolver-rules=MAP * x', 'host-resolver-rules'],
      ['--proxy-server=x', 'proxy-server'],
      ['--ignore-certificate-errors', 'ignore-certificate-errors'],
      ['--user-data-dir=/x', 'user-data-dir'],
      ...[
        'remote-debugging-pipe',
        'remote-debugging-address',
        'remote-allow-origins',
        'custom-devtools-frontend',
        'auto-open-devtools-for-tabs',
        'no-zygote',
        'no-zygote-sandbox',
        'disable-gpu-sandbox',
        'disable-namespace-sandbox',
        'disable-seccomp-filter-sandbox',
        'disable-features',
        'allow-file-access-from-files',
        'allow-running-insecure-content',
        'unsafely-treat-insecure-origin-as-secure',
        'no-proxy-server',
        'proxy-pac-url',
        'auth-server-allowlist',
        'auth-negotiate-delegate-allowlist',
        'ssl-key-log-file',
        'log-net-log',
        'crash-dumps-dir',
        'zygote-cmd-prefix',
        'browser-subprocess-path',
        'use-fake-ui-for-media-stream',
        'enable-experimental-web-platform-features',
      ].map((name) => [`--${name}=x`, name] as const),
      ['--NO-SANDBOX', 'no-sandbox'],
      ['-no-sandbox', 'no-sandbox'],
      ['/no-sandbox', 'no-sandbox'],
    ] as const)
      expect.soft(forbiddenSwitches(['app', argument]), argument).toEqual([name]);
    expect(
      forbiddenSwitches([
        '--inspect',
        '--hidden',
        'postern://connect/x',
        '--lang=de',
        '--',
        '/home/no-sandbox/x',
      ]),
    ).toEqual([]);
  });
});

test('an origin is scheme and host; what has none, or carries credentials, has no origin', () => {
  expect(originOf('app://ui/index.html?x')).toBe('app://ui');
  expect(originOf('http://127.0.0.1:5173/a')).toBe('http://127.0.0.1:5173');
  for (const url of ['data:text/html,x', 'file:///x', 'blob:app://ui/1', 'about:blank', '', 'app://a@ui/'])
    expect.soft(originOf(url), url).toBeNull();
  expect(isOwnUrl('app://ui.evil/', 'app://ui')).toBe(false);
});

test('an installed app takes the system bus from its fixed place, and only if that belongs to root', () => {
  const env = { DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/tmp/fake' };
  const owned = (uid: number | null) => ({ isPackaged: true, env, ownerOf: () => uid });
  expect(systemBusAddress(owned(0))).toBe('unix:path=/run/dbus/system_bus_socket');
  expect(systemBusAddress(owned(1000))).toBeNull();
  expect(systemBusAddress(owned(null))).toBeNull();
  expect(systemBusAddress({ isPackaged: false, env })).toBe('unix:path=/tmp/fake');
});
