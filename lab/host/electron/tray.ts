import { EventEmitter } from 'node:events';
import type { Menu } from './menu.ts';
import { NativeImage } from './native-image.ts';
import { recorder } from './recorder.ts';

type Implemented = Pick<Electron.Tray, 'setToolTip' | 'destroy' | 'isDestroyed'>;

/** A tray icon that nobody sees: what it would show is in the recorder. */
export class Tray extends EventEmitter implements Implemented {
  readonly #self = this as unknown as Electron.Tray;
  #isDestroyed = false;

  constructor(image: NativeImage | string) {
    super();
    recorder.trays.push(this.#self);
    this.setImage(image);
  }
  setImage(image: NativeImage | string): void {
    const picture = typeof image === 'string' ? new NativeImage(image) : image;
    recorder.trayImages.set(this.#self, picture.isEmpty() ? '' : (picture.file ?? ''));
  }
  setToolTip(toolTip: string): void {
    recorder.trayToolTips.set(this.#self, toolTip);
  }
  setContextMenu(menu: Menu | null): void {
    if (menu) recorder.trayMenus.set(this.#self, menu as unknown as Electron.Menu);
    else recorder.trayMenus.delete(this.#self);
  }
  destroy(): void {
    this.#isDestroyed = true;
    recorder.trays.splice(recorder.trays.indexOf(this.#self), 1);
  }
  isDestroyed(): boolean {
    return this.#isDestroyed;
  }
}
