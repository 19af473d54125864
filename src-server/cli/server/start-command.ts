import type { Command } from 'commander';
import { openLogger } from '../../logger.ts';
import { examples } from '../command-groups.ts';
import { EXIT_FAILED, loadConfigOf, readServerFiles, refuse } from '../run-command.ts';

/** `start`: runs until SIGTERM or SIGINT; SIGHUP reloads. */
export function addStartCommand(program: Command): void {
  program
    .command('start')
    .description(
      'run the server until SIGTERM or SIGINT; SIGHUP reads certificate, log level and mail settings anew',
    )
    .option('--config <file>', 'TOML file; POSTERN_… variables come over it')
    .addHelpText('after', examples('start --config /etc/postern/server.toml'))
    .action(start);
}

async function start(options: { config?: string }): Promise<void> {
  const files = await readServerFiles(options);
  if (!files) return;
  // Here and not above: the other commands do without the HTTP server, and take a third of the time to start.
  const { startServer } = await import('../../start.ts');
  const log = await openLogger(files.config.logLevel);
  // Asked for before it listens: an end that comes while it starts is an end like any other.
  const end = Promise.withResolvers<string>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end.resolve);
  let reload: (() => void) | null = null;
  process.on('SIGHUP', () => reload?.());
  const started = await startServer({ ...files, log, now: Date.now });
  if (!started.ok) {
    refuse(started.mistakes, EXIT_FAILED);
    // Whatever may still be open: a server that does not serve must not look as if it did.
    process.exit();
  }
  const { server } = started;
  reload = () => {
    const next = loadConfigOf(options);
    if (next.ok) server.reload(next.value);
    else
      log.error(
        { mistakes: next.mistakes },
        'not reloaded: the configuration has mistakes, and all stays as it was',
      );
  };
  log.info({ signal: await end.promise }, 'stopping');
  await server.stop();
  log.info('stopped');
  process.exit(0);
}
