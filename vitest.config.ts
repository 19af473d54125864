import { defineConfig } from 'vitest/config';

/** `unit` runs anywhere; `e2e` needs network namespaces and real WireGuard (see scripts/test.ts). */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src-*,lab,scripts,bench}/**/*.test.ts'],
          testTimeout: 20_000,
          // On two cores the default is one.
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          // Their browsers fill two cores: side by side, files take twice as long each and miss their time limits.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
