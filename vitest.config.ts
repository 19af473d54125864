import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { ownNetwork } from './e2e/pool/own-network-pool.ts';
import { unitFolder } from './scripts/unit-folder.ts';

const units = ['{src-*,lab,scripts,bench}/**/*.test.ts'];
const electronStandIns = ['src-main/shell/**/*.test.ts'];
/** They measure, count on the number of the only stack, or fetch a package with the machine's network. */
const wantTheMachine = [
  'e2e/stack/stack.test.ts',
  'e2e/helper/up-speed.test.ts',
  'e2e/helper/resolvconf.test.ts',
];
/** Folders in memory, and programs that start from what was compiled before. */
const quick = {
  globalSetup: ['scripts/unit-folder.ts'],
  env: {
    TMPDIR: unitFolder,
    NODE_COMPILE_CACHE:
      process.env.NODE_COMPILE_CACHE ?? path.join(import.meta.dirname, 'node_modules/.cache/node'),
  },
};
const everywhere = ['e2e/pool/patient-waits.ts'];
const patient = { testTimeout: 120_000, hookTimeout: 120_000, setupFiles: everywhere };

/** Each takes a minute or more: first, so that none of them is left over at the end. */
const long = [
  'app/screens',
  'cli/real-stack',
  'page/screens',
  'panel/screens',
  'net/leaks-always',
  'net/leaks-gate',
  'net/full-tunnel',
  'faults/kill-server',
  'stack/start',
  'app/gate',
  'app/desktop',
  'net/ports',
  'helper/guard',
  'gateway/gateway-agent',
  'app/unlock',
  'panel/account',
  'net/roam',
  'gateway/two-families',
  'net/captive-portal',
].map((name) => `/e2e/${name}.test.ts`);

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => long.some((name) => moduleId.endsWith(name));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** `unit` and `unit-shell` run anywhere; `e2e*` needs network namespaces and real WireGuard (see scripts/test.ts). */
export default defineConfig({
  test: {
    // What was compiled for one run is there for the next.
    experimental: { fsModuleCache: true },
    sequence: { sequencer: LongFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: units,
          exclude: electronStandIns,
          setupFiles: [...everywhere, 'src-server/testing/query-plans.ts'],
          ...quick,
          testTimeout: 20_000,
          // Some files wait for other programs or for seconds to pass: on two cores the default is one.
          maxWorkers: 3,
          // The files of a worker share the modules that they import, which is half of the time.
          isolate: false,
        },
      },
      {
        test: {
          // They put a stand-in into the place of the module "electron", which no other file may see.
          name: 'unit-shell',
          include: electronStandIns,
          setupFiles: [...everywhere, 'src-main/shell/testing/fresh-modules.ts'],
          ...quick,
          testTimeout: 20_000,
          maxWorkers: 3,
          // A process for each file would cost as much again as the tests.
          isolate: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          exclude: wantTheMachine,
          pool: ownNetwork,
          // As many as cores: each starts a whole stack, many a browser.
          maxWorkers: 2,
          ...patient,
        },
      },
      {
        test: {
          name: 'e2e-alone',
          include: wantTheMachine,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          ...patient,
        },
      },
    ],
  },
});
