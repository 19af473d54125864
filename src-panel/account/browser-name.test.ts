import { expect, test } from 'vitest';
import { browserName } from './browser-name.ts';

const on = (system: string, rest: string) => `Mozilla/5.0 (${system}) ${rest}`;

test('a browser is named as people name it, though each claims to be others too', () => {
  const blink = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36';
  const windows = 'Windows NT 10.0; Win64; x64';
  expect(browserName(on(windows, blink))).toEqual({ browser: 'Chrome', system: 'Windows' });
  expect(browserName(on(windows, `${blink} Edg/145.0.0.0`))?.browser).toBe('Edge');
  expect(browserName(on(windows, `${blink} OPR/120.0.0.0`))?.browser).toBe('Opera');
  expect(browserName(on('X11; Linux x86_64; rv:140.0', 'Gecko/20100101 Firefox/140.0'))).toEqual({
    browser: 'Firefox',
    system: 'Linux',
  });
  const safari = 'AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15';
  expect(browserName(on('Macintosh; Intel Mac OS X 10_15_7', safari))).toEqual({
    browser: 'Safari',
    system: 'macOS',
  });
  expect(browserName(on('iPhone; CPU iPhone OS 18_5 like Mac OS X', safari))?.system).toBe('iPhone');
  expect(browserName(on('Linux; Android 15; Pixel 9', blink))?.system).toBe('Android');
});

test('what names nobody is nobody', () => {
  expect(browserName(null)).toBeNull();
  expect(browserName('curl/8.14.1')).toBeNull();
});
