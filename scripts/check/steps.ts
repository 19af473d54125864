import path from 'node:path';
import { checkout } from '../../lab/stack/folders.ts';

export interface CheckStep {
  name: string;
  command: string[];
}

/** A program of a package, run by this Node: what stands in `.bin` cannot be started so on every system. */
const program = (file: string): string[] => [process.execPath, path.join(checkout, 'node_modules', file)];

/**
 * What is said of the code without running it. Each step is a program that ends with 0 when all is well. `isAnew`: the
 * compiler takes nothing from what it remembers of earlier runs.
 */
export function checkSteps({ isAnew }: { isAnew: boolean }): CheckStep[] {
  const types = (name: string): string[] => [
    ...[...program('typescript/bin/tsc'), '-p', `tsconfig.${name}.json`],
    ...(isAnew ? ['--incremental', 'false'] : []),
  ];
  return [
    {
      name: 'formatter and linter',
      command: [...program('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.'],
    },
    { name: 'types of the programs', command: types('node') },
    { name: 'types of the pages', command: types('pages') },
    { name: 'types of tests and tools', command: types('lab') },
    {
      name: 'directions of imports',
      command: [process.execPath, path.join(checkout, 'scripts/check/imports.ts')],
    },
  ];
}
