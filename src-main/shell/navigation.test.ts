import type { WebContents } from 'electron';
import pino from 'pino';
import { describe, expect, test, vi } from 'vitest';
import { linkTargets } from '../app/external-links.ts';
import { openExternalLink } from './links.ts';
import { guardContents, guardNavigation } from './navigation.ts';
import { app, FakeContents, shell } from './testing/fake-electron.ts';

vi.mock('electron', () => import('./testing/fake-electron.ts'));

const log = pino({ level: 'silent' });
const own = 'app://ui';

function guarded(): FakeContents {
  const contents = new FakeContents(1);
  // The fake has the events that the guard listens to.
  guardContents(contents as unknown as WebContents, own, log);
  return contents;
}

function isRefused(contents: FakeContents, event: string, url: string): boolean {
  let isPrevented = false;
  const preventDefault = () => {
    isPrevented = true;
  };
  contents.emit(event, { url, preventDefault });
  return isPrevented;
}

describe('checklist', () => {
  test('9: no page opens a window', () => {
    expect(guarded().windowOpen?.()).toEqual({ action: 'deny' });
  });

  test.each(['will-navigate', 'will-frame-navigate', 'will-redirect'])(
    '10: %s leads nowhere but to our own page',
    (event) => {
      const contents = guarded();
      expect(isRefused(contents, event, 'app://ui/index.html')).toBe(false);
      for (const url of [
        'https://example.com/',
        'app://ui.evil/',
        'app://evil/',
        'app://ui@evil/',
        'app://user:pw@ui/',
        'app://ui:1/',
        'file:///etc/passwd',
        'data:text/html,x',
        'blob:app://ui/1',
        'javascript:alert(1)',
        'about:blank',
        '',
      ])
        expect.soft(isRefused(contents, event, url), url).toBe(true);
    },
  );

  test('11: no page embeds another', () => {
    expect(isRefused(guarded(), 'will-attach-webview', 'app://ui/')).toBe(true);
  });

  test('12: only pages of our list are opened in a browser', async () => {
    await openExternalLink('documentation');
    expect(shell.opened).toEqual([linkTargets.documentation]);
  });
});

test('every page is guarded from the moment it is made', () => {
  guardNavigation(own, log);
  const contents = new FakeContents(2);
  app.emit('web-contents-created', {}, contents);
  expect(isRefused(contents, 'will-navigate', 'https://example.com/')).toBe(true);
});
