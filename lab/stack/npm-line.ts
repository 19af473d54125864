import path from 'node:path';

/** The line to type for one of the package's scripts on the stack in `folder`. */
export function npmLine(folder: string, script: string): string {
  const isUsual = path.resolve('.postern') === folder;
  return `${isUsual ? '' : `POSTERN_STACK_DIR=${folder} `}npm run ${script}`;
}
