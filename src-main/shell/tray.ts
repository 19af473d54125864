import { join } from 'node:path';
import { Menu, nativeImage, Tray } from 'electron';
import type { TrayAction, TrayShape, TrayView } from '../app/tray-view.ts';

export interface TrayOptions {
  /** Folder with the four pictures. */
  icons: string;
  platform: string;
  /** First view: a tray without a menu cannot be opened on Linux. */
  view: TrayView;
  act: (action: TrayAction) => void;
}

/** Icon, tool tip and menu by the clock; what they say is decided in `tray-view.ts`. */
export function createTray({ icons, platform, view, act }: TrayOptions): { show(view: TrayView): void } {
  const tray = new Tray(trayImage(icons, view.shape, platform));
  let shape: TrayShape = view.shape;
  let shown = '';
  tray.on('click', () => act('open'));

  function show(next: TrayView): void {
    const text = JSON.stringify(next);
    // A menu that is open closes when it is replaced.
    if (text === shown) return;
    shown = text;
    if (next.shape !== shape) tray.setImage(trayImage(icons, next.shape, platform));
    shape = next.shape;
    tray.setToolTip(next.toolTip);
    tray.setContextMenu(
      Menu.buildFromTemplate(
        next.menu.map((entry) =>
          entry === null
            ? { type: 'separator' as const }
            : { label: entry.label, enabled: entry.isEnabled, click: () => act(entry.action) },
        ),
      ),
    );
  }
  show(view);
  return { show };
}

/** On macOS a template picture, which the system draws in the menu bar's own colour. */
function trayImage(folder: string, shape: TrayShape, platform: string) {
  const isTemplate = platform === 'darwin';
  const image = nativeImage.createFromPath(
    join(folder, isTemplate ? `tray-${shape}Template.png` : `tray-${shape}.png`),
  );
  if (isTemplate) image.setTemplateImage(true);
  return image;
}
