#!/usr/bin/env node
import { serverProgram } from './cli/program.ts';
import { EXIT_FAILED, say } from './cli/run-command.ts';
import { isDiskFull } from './db/sqlite-error.ts';

// Database, write-ahead log and keys are nobody else's business.
process.umask(0o077);

serverProgram()
  .parseAsync()
  .catch((error: unknown) => {
    // Ctrl-C at a question.
    const isCancelled = error instanceof Error && error.name === 'ExitPromptError';
    const why = error instanceof Error ? error.message : String(error);
    const remedy = isDiskFull(error) ? '. Make room there, and run it again' : '';
    say(isCancelled ? 'Cancelled.' : `postern-server: ${why}${remedy}`);
    process.exitCode = EXIT_FAILED;
  });
