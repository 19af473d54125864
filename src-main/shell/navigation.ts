import { app, type WebContents } from 'electron';
import type { Logger } from 'pino';
import { isOwnUrl } from '../app/start-url.ts';

/** Every page that is ever made, from its first moment: stays where it started, opens nothing, embeds nothing. */
export function guardNavigation(origin: string, log: Logger): void {
  app.on('web-contents-created', (_event, contents) => guardContents(contents, origin, log));
}

export function guardContents(contents: WebContents, origin: string, log: Logger): void {
  const refuse = (event: { preventDefault(): void }, what: string) => {
    event.preventDefault();
    log.warn({ what }, 'navigation refused');
  };
  contents.setWindowOpenHandler(() => {
    log.warn({ what: 'window-open' }, 'navigation refused');
    return { action: 'deny' };
  });
  contents.on('will-navigate', (details) => {
    if (!isOwnUrl(details.url, origin)) refuse(details, 'will-navigate');
  });
  contents.on('will-frame-navigate', (details) => {
    if (!isOwnUrl(details.url, origin)) refuse(details, 'will-frame-navigate');
  });
  contents.on('will-redirect', (details) => {
    if (!isOwnUrl(details.url, origin)) refuse(details, 'will-redirect');
  });
  contents.on('will-attach-webview', (event) => refuse(event, 'will-attach-webview'));
}
