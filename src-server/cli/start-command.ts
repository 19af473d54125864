import type { Command } from 'commander';
import { makeLogger } from '../logger.ts';
import { EXIT_FAILED, readServerFiles, refuse } from './run-command.ts';

/** `start`: runs until SIGTERM or SIGINT. */
export function addStartCommand(program: Command): void {
  program
    .command('start')
    .description('run the server until SIGTERM or SIGINT')
    .option('--config <file>', 'TOML file; POSTERN_… variables come over it')
    .action(start);
}

async function start(options: { config?: string }): Promise<void> {
  const files = await readServerFiles(options);
  if (!files) return;
  // Here and not above: the other commands do without the HTTP server, and take a third of the time to start.
  const { startServer } = await import('../start.ts');
  const log = makeLogger(files.config.logLevel);
  const started = await startServer({ ...files, log, now: Date.now });
  if (!started.ok) {
    refuse(started.mistakes, EXIT_FAILED);
    return;
  }
  const stop = async (signal: string): Promise<void> => {
    log.info({ signal }, 'stopping');
    await started.server.stop();
    log.info('stopped');
  };
  const { promise, resolve } = Promise.withResolvers<string>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  await stop(await promise);
  process.exit(0);
}
