import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));
const inRoot = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * `vite build -c src-renderer/vite.config.ts` → `dist/renderer`, what ships. With `--mode harness` → `dist/harness`:
 * the same page behind a scripted bridge, for tests and pictures. The policy forbids data: URLs and inline styles, so
 * nothing is inlined.
 */
export default defineConfig(({ mode }) => ({
  root,
  base: './',
  plugins: [react()],
  // The development server may serve the shared contracts and parts beside this folder, and nothing else.
  server: {
    host: '127.0.0.1',
    fs: { allow: [inRoot('.'), inRoot('../src-shared'), inRoot('../src-ui'), inRoot('../node_modules')] },
  },
  build: {
    outDir: inRoot(mode === 'harness' ? '../dist/harness' : '../dist/renderer'),
    emptyOutDir: true,
    target: 'chrome140',
    assetsInlineLimit: 0,
    modulePreload: false,
    rolldownOptions: { input: inRoot(mode === 'harness' ? 'harness/index.html' : 'index.html') },
  },
}));
