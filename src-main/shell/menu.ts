import { Menu } from 'electron';
import type { Words } from '../app/words.ts';

/** macOS needs a menu for copy, paste and quit; elsewhere the window has none. */
export function setApplicationMenu(platform: string, words: Words): void {
  if (platform !== 'darwin') {
    Menu.setApplicationMenu(null);
    return;
  }
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      { role: 'appMenu' },
      { label: words.edit, role: 'editMenu' },
      { label: words.window, role: 'windowMenu' },
    ]),
  );
}
