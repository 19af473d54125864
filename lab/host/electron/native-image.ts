import { readFileSync, statSync } from 'node:fs';

/** A picture by its file. */
export class NativeImage implements Pick<Electron.NativeImage, 'isEmpty' | 'toPNG' | 'setTemplateImage'> {
  readonly file: string | null;
  isTemplateImage = false;

  constructor(file: string | null) {
    this.file = file;
  }
  isEmpty(): boolean {
    return this.file === null || statSync(this.file, { throwIfNoEntry: false }) === undefined;
  }
  toPNG(): Buffer<ArrayBuffer> {
    return this.file === null || this.isEmpty() ? Buffer.alloc(0) : readFileSync(this.file);
  }
  setTemplateImage(option: boolean): void {
    this.isTemplateImage = option;
  }
}

export const nativeImage = {
  createEmpty: () => new NativeImage(null),
  createFromPath: (path: string) => new NativeImage(path),
};
