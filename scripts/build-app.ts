import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { build, type InlineConfig } from 'vite';

const checkout = path.dirname(import.meta.dirname);
const dist = path.join(checkout, 'dist');
const builtins = [...builtinModules, ...builtinModules.map((name) => `node:${name}`)];

/** What every bundle of the main side shares: nothing but itself is emptied, nothing is minified. */
const common: InlineConfig = {
  root: checkout,
  configFile: false,
  publicDir: false,
  logLevel: 'warn',
};

/**
 * `dist/main.js`: one ES module for Node 24 inside Electron. Dependencies are in it, so that the package carries no
 * `node_modules` but the native keytar.
 */
export const mainConfig: InlineConfig = {
  ...common,
  ssr: { noExternal: true, target: 'node' },
  build: {
    ssr: 'src-main/main.ts',
    outDir: dist,
    emptyOutDir: false,
    target: 'node24',
    minify: false,
    rolldownOptions: {
      external: ['electron', 'keytar', ...builtins],
      output: { format: 'es', entryFileNames: 'main.js', chunkFileNames: 'main-[name].js' },
    },
  },
};

/** `dist/preload.cjs`: a sandboxed preload is one CommonJS file that can require 'electron' and nothing of Node. */
export const preloadConfig: InlineConfig = {
  ...common,
  build: {
    lib: { entry: 'src-main/preload.ts', formats: ['cjs'], fileName: () => 'preload.cjs' },
    outDir: dist,
    emptyOutDir: false,
    target: 'chrome140',
    minify: false,
    rolldownOptions: { external: ['electron'], output: { codeSplitting: false } },
  },
};

/** Pictures that main needs at run time: only `dist` is packaged. */
function copyIcons(): void {
  const target = path.join(dist, 'icons');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const folder of ['tray', 'app']) {
    const source = path.join(checkout, 'assets/icons', folder);
    if (existsSync(source))
      cpSync(source, target, { recursive: true, filter: (file) => !file.endsWith('.svg') });
  }
}

/** Builds main, preload and page into `dist/`. With `--main-only` the page is left as it is. */
export async function buildApp({ hasPage = true }: { hasPage?: boolean } = {}): Promise<void> {
  mkdirSync(dist, { recursive: true });
  await build(mainConfig);
  await build(preloadConfig);
  copyIcons();
  if (hasPage)
    await build({ configFile: path.join(checkout, 'src-renderer/vite.config.ts'), logLevel: 'warn' });
}

if (import.meta.main) await buildApp({ hasPage: !process.argv.includes('--main-only') });
