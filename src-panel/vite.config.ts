import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const inRoot = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * `vite build -c src-panel/vite.config.ts` → `dist/panel`, which the control server serves at its root. File
 * names carry a hash; the policy forbids data: scripts and inline styles, so nothing is inlined.
 */
export default defineConfig({
  root: inRoot('.'),
  base: '/',
  plugins: [react()],
  // As it is for the app's page: what the page is made of, and nothing else of the checkout.
  server: {
    host: '127.0.0.1',
    fs: { allow: ['.', '../src-shared', '../src-ui', '../node_modules'].map(inRoot) },
  },
  build: {
    outDir: inRoot('../dist/panel'),
    emptyOutDir: true,
    target: ['chrome123', 'firefox128', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: false,
    // One file, fetched once and kept for good by its name.
    chunkSizeWarningLimit: 800,
  },
});
