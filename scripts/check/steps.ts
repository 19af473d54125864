import path from 'node:path';
import { checkout } from '../../lab/stack/folders.ts';

export interface CheckStep {
  name: string;
  command: string[];
}

const bin = (name: string): string => path.join(checkout, 'node_modules/.bin', name);
const project = (name: string): string[] => [bin('tsc'), '-p', `tsconfig.${name}.json`];

/** What is said of the code without running it. Each step is a program that ends with 0 when all is well. */
export const checkSteps: CheckStep[] = [
  { name: 'formatter and linter', command: [bin('biome'), 'check', '--error-on-warnings', '.'] },
  { name: 'types of the programs', command: project('node') },
  { name: 'types of the pages', command: project('pages') },
  { name: 'types of tests and tools', command: project('lab') },
  {
    name: 'directions of imports',
    command: [process.execPath, path.join(checkout, 'scripts/check/imports.ts')],
  },
];
