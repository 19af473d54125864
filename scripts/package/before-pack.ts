import { existsSync } from 'node:fs';
import path from 'node:path';
import { type AfterPackContext, Arch } from 'electron-builder';
import { buildHelper } from './build-helper.ts';

/** What `npm run build:app` makes and no installer can do without. */
const APP_FILES = [
  'dist/main.js',
  'dist/preload.cjs',
  'dist/preload-unlock.cjs',
  'dist/renderer/index.html',
  'dist/unlock-page/index.html',
];

/** electron-builder's hook before it copies files: the app must be built, and on Linux the helper is made. */
export async function beforePack(context: AfterPackContext): Promise<void> {
  const root = context.packager.projectDir;
  const missing = APP_FILES.filter((file) => !existsSync(path.join(root, file)));
  if (missing.length > 0) throw new Error(`${missing.join(', ')} missing: run \`npm run build:app\` first`);
  if (context.electronPlatformName !== process.platform)
    throw new Error(
      `package for ${context.electronPlatformName} on such a machine: this one is ${process.platform}`,
    );
  if (process.platform !== 'linux') return;
  if (Arch[context.arch] !== process.arch) {
    throw new Error(
      `the helper carries this machine's Node (${process.arch}): package for ${Arch[context.arch]} on such a machine`,
    );
  }
  await buildHelper(root);
}
