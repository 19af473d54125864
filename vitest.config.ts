import { defineConfig } from 'vitest/config';

/** What measures, counts gaps in traffic or leans on the machine's speed has the machine for itself. */
const ALONE = ['e2e/{faults,gateway,helper}/*.test.ts', 'e2e/app/story.test.ts'];

const endToEnd = { testTimeout: 120_000, hookTimeout: 120_000 };

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
          exclude: ALONE,
          // Each file has namespaces of its own, and waits more than it works: for the next code, for a timeout.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          ...endToEnd,
        },
      },
      {
        test: {
          name: 'e2e-alone',
          include: ALONE,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          ...endToEnd,
        },
      },
    ],
  },
});
