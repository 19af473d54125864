import { isDiskFull } from '../db/sqlite-error.ts';
import { EXIT_FAILED, say } from './run-command.ts';

/** What a command threw, as one sentence on standard error; sets the exit code. */
export function sayFault(error: unknown): void {
  // Ctrl-C at a question.
  const isCancelled = error instanceof Error && error.name === 'ExitPromptError';
  const why = error instanceof Error ? error.message : String(error);
  const remedy = isDiskFull(error) ? '. Make room there, and run it again' : '';
  say(isCancelled ? 'Cancelled.' : `postern-server: ${why}${remedy}`);
  process.exitCode = EXIT_FAILED;
}
