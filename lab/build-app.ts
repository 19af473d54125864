import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { build, type InlineConfig, mergeConfig } from 'vite';
import { type BundleInputs, collectInputs, filesIn } from './bundle-inputs.ts';

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
 * `node_modules` but the native ones, keytar and argon2.
 */
export const mainConfig: InlineConfig = {
  ...common,
  ssr: { noExternal: true, target: 'node' },
  // An installed app reads no such variable: the build decides. See package.ts.
  define: { 'process.env.POSTERN_MAC_TEAM_ID': JSON.stringify(process.env.POSTERN_MAC_TEAM_ID ?? '') },
  build: {
    ssr: 'src-main/main.ts',
    outDir: dist,
    emptyOutDir: false,
    target: 'node24',
    minify: false,
    rolldownOptions: {
      external: ['electron', 'keytar', '@node-rs/argon2', ...builtins],
      output: { format: 'es', entryFileNames: 'main.js', chunkFileNames: 'main-[name].js' },
    },
  },
};

/** A sandboxed preload is one CommonJS file that can require 'electron' and nothing of Node. */
const preloadConfigOf = (name: string): InlineConfig => ({
  ...common,
  build: {
    lib: { entry: `src-main/${name}.ts`, formats: ['cjs'], fileName: () => `${name}.cjs` },
    outDir: dist,
    emptyOutDir: false,
    target: 'chrome140',
    minify: false,
    rolldownOptions: { external: ['electron'], output: { codeSplitting: false } },
  },
});

/** `dist/preload.cjs` for the app's window, `dist/preload-unlock.cjs` for the unlock window. */
export const preloadConfig = preloadConfigOf('preload');
export const unlockPreloadConfig = preloadConfigOf('preload-unlock');

/** `dist/unlock-page`: the page of the unlock window, a script and a style sheet of its own. */
export const unlockPageConfig: InlineConfig = {
  ...common,
  root: path.join(checkout, 'src-unlock-page'),
  base: './',
  build: {
    outDir: path.join(dist, 'unlock-page'),
    emptyOutDir: true,
    target: 'chrome140',
    assetsInlineLimit: 0,
    modulePreload: false,
  },
};

/** Pictures that main needs at run time: only `dist` is packaged. */
function copyIcons(inputs: BundleInputs): void {
  const target = path.join(dist, 'icons');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const folder of ['tray', 'app'])
    for (const file of filesIn(path.join(checkout, 'assets/icons', folder))) {
      if (file.endsWith('.svg')) continue;
      cpSync(file, path.join(target, path.basename(file)));
      inputs.add(file);
    }
}

/** Main, the preloads and the page of the unlock window. */
export async function buildMain(): Promise<void> {
  mkdirSync(dist, { recursive: true });
  const inputs = collectInputs();
  inputs.add(import.meta.filename);
  for (const config of [mainConfig, preloadConfig, unlockPreloadConfig, unlockPageConfig])
    await build(mergeConfig(config, { plugins: [inputs.plugin] }));
  copyIcons(inputs);
  await inputs.record('app-main');
}

/** The page of the app's window. */
export async function buildPage(): Promise<void> {
  const inputs = collectInputs();
  const configFile = path.join(checkout, 'src-renderer/vite.config.ts');
  await build({ configFile, logLevel: 'warn', plugins: [inputs.plugin] });
  await inputs.record('app-page');
}

if (import.meta.main) {
  await buildMain();
  await buildPage();
}
