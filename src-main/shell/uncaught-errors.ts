import type { Logger } from 'pino';
import { createBudget } from '../app/crash-budget.ts';

/** Bugs in main end here: logged (the log redacts), told to the user, and the connection goes on. */
export function catchUncaughtErrors(options: {
  log: Logger;
  monotonic: () => number;
  tell: () => void;
}): void {
  const { log, monotonic, tell } = options;
  const budget = createBudget(1, 60_000, monotonic);
  const report = (error: unknown, kind: string) => {
    log.error({ err: error, kind }, 'uncaught');
    if (budget.spend()) tell();
  };
  process.on('uncaughtException', (error) => report(error, 'exception'));
  process.on('unhandledRejection', (reason) => report(reason, 'rejection'));
}
