import { cp, mkdir, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'vite';

/** Beside the app, outside its archive: the helper runs on its own Node, as root, started by systemd. */
export const HELPER_FOLDER = 'release/helper';

/** Foreign calls: a native module, which no bundle can hold. */
const NATIVE = 'koffi';

/** What an import of koffi loads, without its C++ sources, headers and documentation. */
const KOFFI_FILES = [
  'package.json',
  'LICENSE.txt',
  'index.js',
  'src/koffi/index.js',
  'src/koffi/src/static.js',
] as const;

/**
 * Makes `release/helper`: the helper as one bundle, the pinned Node, and koffi with the one binary of this machine's
 * architecture. Linux only; there is no helper for other systems yet. Resolves to the folder.
 */
export async function buildHelper(root: string): Promise<string> {
  const folder = path.join(root, HELPER_FOLDER);
  await rm(folder, { recursive: true, force: true });
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    ssr: { noExternal: true, external: [NATIVE], target: 'node' },
    build: {
      ssr: 'src-helper/cli.ts',
      outDir: folder,
      target: 'node24',
      minify: false,
      rolldownOptions: {
        output: { format: 'esm', entryFileNames: 'postern-helper.js', chunkFileNames: '[name].js' },
      },
    },
  });
  // Node reads the bundle as ESM by this file.
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }\n');
  const require = createRequire(path.join(root, 'package.json'));
  // The package resolves to its binary's folder, through the package of this architecture.
  const nodeBinary = path.join(path.dirname(require.resolve('node/package.json')), 'bin/node');
  await cp(await realpath(nodeBinary), path.join(folder, 'node'));
  await copyKoffi(root, folder);
  return folder;
}

async function copyKoffi(root: string, folder: string): Promise<void> {
  const modules = path.join(root, 'node_modules');
  const target = path.join(folder, 'node_modules');
  for (const part of KOFFI_FILES) await cp(path.join(modules, NATIVE, part), path.join(target, NATIVE, part));
  const name = `koffi-${process.platform}-${process.arch}`;
  const source = path.join(modules, '@koromix', name);
  await mkdir(path.join(target, '@koromix'), { recursive: true });
  const isForOtherLibc = (entry: string) => entry.startsWith('musl_');
  for (const entry of await readdir(source)) {
    if (isForOtherLibc(entry) || entry === 'README.md') continue;
    await cp(path.join(source, entry), path.join(target, '@koromix', name, entry), { recursive: true });
  }
}
