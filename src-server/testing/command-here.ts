import { asProgram, type Given, type Said } from '../../src-node/testing/as-program.ts';
import { sayFault } from '../cli/fault.ts';
import { serverProgram } from '../cli/program.ts';

/** Runs one command of `postern-server` to its end in this process. `start` only where the server does not start. */
export function commandHere(words: readonly string[], given?: Given): Promise<Said> {
  return asProgram(() => serverProgram().parseAsync(words, { from: 'user' }).catch(sayFault), given);
}
