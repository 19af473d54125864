import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SENTINEL } from '../../scripts/package/fuses.ts';

/** The fuse wire of a fresh Electron 45, as its release ships: version 1, nine fuses. */
export const FRESH_WIRE = '101100011';

/**
 * A folder with the files of an Electron for Linux as packaging sees them: a program with a fuse wire that prints what
 * it was started with, a sandbox helper, language packs. For machines that cannot have the real one.
 */
export function makeStandInElectron(folder: string): string {
  for (const part of ['locales', 'resources']) mkdirSync(path.join(folder, part), { recursive: true });
  const wire = Buffer.concat([
    Buffer.from(`#!/bin/sh\nprintf '%s\\n' "$0" "$@"\nexit 0\n${SENTINEL}`),
    Buffer.from([1, FRESH_WIRE.length]),
    Buffer.from(`${FRESH_WIRE}\n`),
  ]);
  const files: Record<string, string | Buffer> = {
    electron: wire,
    'chrome-sandbox': '#!/bin/sh\n',
    chrome_crashpad_handler: '#!/bin/sh\n',
    'locales/en-US.pak': 'stand-in',
    'locales/de.pak': 'stand-in',
    'resources.pak': 'stand-in',
    'icudtl.dat': 'stand-in',
    LICENSE: 'stand-in',
    'LICENSES.chromium.html': 'stand-in',
    version: '45.4.1',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  for (const name of ['electron', 'chrome-sandbox', 'chrome_crashpad_handler'])
    chmodSync(path.join(folder, name), 0o755);
  return folder;
}
