import { randomUUID } from 'node:crypto';
import type { CDPSession } from '@playwright/test';
import type { WindowEvent } from '../contract.ts';

/** From the next document on: a binding of a world of our own tells when the page is hidden, shown, focused, left or named. */
export async function watchVisibility(cdp: CDPSession, tell: (event: WindowEvent) => void): Promise<void> {
  const name = `seen${randomUUID()}`;
  cdp.on('Runtime.bindingCalled', (call) => {
    if (call.name !== name) return;
    const [what, is] = call.payload.split(' ');
    if (what === 'visible') tell({ type: 'visible', isVisible: is === 'true' });
    if (what === 'focused') tell({ type: 'focused', isFocused: is === 'true' });
    if (what === 'title') tell({ type: 'title', title: call.payload.slice(6) });
  });
  await cdp.send('Runtime.addBinding', { name, executionContextName: 'host' });
  await cdp.send('Page.addScriptToEvaluateOnNewDocument', {
    worldName: 'host',
    source: `(${watchInPage})(${JSON.stringify(name)});`,
  });
}

/** Runs in the page: stands on its own. */
function watchInPage(binding: string): void {
  if (window !== window.top) return;
  const tell = (globalThis as unknown as Record<string, (text: string) => void>)[binding];
  const seen = (): void => tell?.(`visible ${document.visibilityState === 'visible'}`);
  document.addEventListener('visibilitychange', seen);
  addEventListener('focus', () => tell?.('focused true'));
  addEventListener('blur', () => tell?.(`focused ${document.hasFocus()}`));
  addEventListener('load', () => tell?.(`title ${document.title}`));
}
