#!/usr/bin/env node
import { Command } from 'commander';
import pino from 'pino';
import { loadGatewayConfig, readToken } from './config.ts';
import { openPrivateKey } from './private-key-file.ts';
import { runGateway } from './run-gateway.ts';

/** Exit codes: 0 ended as asked, 1 failed, 2 the configuration has mistakes. */
const EXIT_FAILED = 1;
const EXIT_CONFIG = 2;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function configOrExit(file: string | undefined) {
  const loaded = loadGatewayConfig(file, process.env);
  if (loaded.ok) return loaded.value;
  for (const mistake of loaded.mistakes) say(mistake);
  return process.exit(EXIT_CONFIG);
}

async function start({ config: file }: { config?: string }): Promise<void> {
  const config = configOrExit(file);
  const log = pino(
    { level: config.logLevel, base: { gateway: config.interfaceName } },
    pino.destination({ fd: 1, sync: true }),
  );
  const stopping = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => {
      log.info({ signal: name }, 'stopping');
      stopping.abort();
    });
  }
  const token = await readToken(config, file);
  await runGateway({ config, token, log, signal: stopping.signal });
  log.info('stopped');
}

async function keygen({ config: file, out }: { config?: string; out?: string }): Promise<void> {
  const path = out ?? configOrExit(file).privateKeyFile;
  const { publicKey } = await openPrivateKey(path);
  process.stdout.write(`${publicKey}\n`);
}

const program = new Command('postern-gateway').description('Postern gateway agent');
program
  .command('start')
  .description('serve the tunnel; needs CAP_NET_ADMIN')
  .option('--config <file>', 'TOML file; POSTERN_GATEWAY_… variables come over it')
  .action(start);
program
  .command('keygen')
  .description('make the private key if it is missing and print the public key (base64url)')
  .option('--config <file>', 'TOML file that names privateKeyFile')
  .option('--out <file>', 'private key file, instead of the configured one')
  .action(keygen);

program.parseAsync().catch((error: unknown) => {
  say(`postern-gateway: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = EXIT_FAILED;
});
