import type { Command } from 'commander';
import { openLogger } from '../../logger.ts';
import type { RunningServer, startServer } from '../../start.ts';
import { examples } from '../command-groups.ts';
import {
  type CommonOptions,
  databaseMistake,
  EXIT_CONFIG,
  EXIT_FAILED,
  holdingKeys,
  loadConfigOf,
  readConfig,
  readKeys,
  refuse,
} from '../run-command.ts';

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

async function start(options: CommonOptions): Promise<void> {
  const config = readConfig(options);
  if (!config) return;
  const mistake = databaseMistake(config);
  if (mistake !== null) {
    refuse(options, [mistake], EXIT_CONFIG);
    return;
  }
  const log = await openLogger(config.logLevel);
  // Asked for before it listens: an end that comes while it starts is an end like any other.
  const end = Promise.withResolvers<string>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end.resolve);
  let reload: (() => void) | null = null;
  process.on('SIGHUP', () => reload?.());
  // Until the database is this server's: a key that is replaced meanwhile would be in force again.
  const server = await holdingKeys(options, config, 'shared', async () => {
    const keys = await readKeys(options, config);
    return keys && (await begin({ config, keys, log, now: Date.now }));
  });
  if (!server) return;
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

async function begin(input: Parameters<typeof startServer>[0]): Promise<RunningServer> {
  // Here and not above: the other commands do without the HTTP server, and take a third of the time to start.
  const { startServer } = await import('../../start.ts');
  const started = await startServer(input);
  if (started.ok) return started.server;
  refuse({}, started.mistakes, EXIT_FAILED);
  // Whatever may still be open: a server that does not serve must not look as if it did.
  process.exit();
}
