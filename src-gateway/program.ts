import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { checkExitCode, checkLines } from '../src-node/check.ts';
import { helpExamples, withHelpHint } from '../src-node/help-hint.ts';
import { openProgramLog } from '../src-node/program-log.ts';
import { versionText } from '../src-node/version.ts';
import { checkHost } from './check.ts';
import { loadGatewayConfig } from './config.ts';
import { type InstallInput, installGateway } from './install.ts';
import { nextSteps } from './next-steps.ts';
import { openPrivateKey } from './private-key-file.ts';
import { runGateway } from './run-gateway.ts';
import { readAccess, reloadAccess, type ServerAccess } from './server-access.ts';
import { setToken } from './set-token.ts';
import { tokenInput } from './token-input.ts';

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
  if (file === undefined)
    say('No file was read: --config /etc/postern/gateway.toml names the one that install writes.');
  return process.exit(EXIT_CONFIG);
}

async function start({ config: file }: { config?: string }): Promise<void> {
  const config = configOrExit(file);
  const log = await openProgramLog({ level: config.logLevel, base: { gateway: config.interfaceName } });
  const stopping = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => {
      log.info({ signal: name }, 'stopping');
      stopping.abort();
    });
  }
  // Asked for before anything that takes its time: a reload is no end.
  const access: ServerAccess = { token: '', ca: null };
  process.on('SIGHUP', () => void reloadAccess({ file, config, access, log }));
  Object.assign(access, await readAccess(config, file));
  await runGateway({ config, access, log, signal: stopping.signal });
  log.info('stopped');
}

async function check({ config: file, json }: { config?: string; json?: boolean }): Promise<void> {
  const config = configOrExit(file);
  const checks = await checkHost(config);
  const code = checkExitCode(checks);
  const lines = json ? [JSON.stringify({ ok: code === 0, checks })] : checkLines(checks);
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exitCode = code;
}

async function keygen({ config: file, out }: { config?: string; out?: string }): Promise<void> {
  const path = out ?? configOrExit(file).privateKeyFile;
  const { publicKey } = await openPrivateKey(path);
  process.stdout.write(`${publicKey}\n`);
}

async function install(options: Omit<InstallInput, 'token'> & { token?: string }): Promise<void> {
  const mistakes = await installGateway({ ...options, token: await tokenInput(options.token) });
  for (const mistake of mistakes) say(mistake);
  if (mistakes.length > 0) {
    process.exitCode = EXIT_CONFIG;
    return;
  }
  const folder = resolve(options.folder);
  const steps = nextSteps(join(folder, 'gateway.toml'), options.nat !== undefined);
  process.stdout.write(
    [`Installed in ${folder}. What is left to do, as root:`, ...steps.map((step) => `  ${step}`), ''].join(
      '\n',
    ),
  );
}

async function replaceToken(typed: string | undefined, { config: file }: { config: string }): Promise<void> {
  const set = await setToken(file, await tokenInput(typed));
  if (!set.ok) {
    for (const mistake of set.mistakes) say(mistake);
    process.exitCode = EXIT_CONFIG;
    return;
  }
  process.stdout.write(
    set.isReloaded
      ? `${set.tokenFile} has the new token, and the agent comes with it. Nothing was interrupted.\n`
      : `${set.tokenFile} has the new token. Tell the running agent: kill -HUP its process, or restart it.\n`,
  );
}

/** `postern-gateway` with all of its commands. */
export function gatewayProgram(): Command {
  const program = new Command('postern-gateway').version(versionText()).description('Postern gateway agent');
  program
    .command('start')
    .description('serve the tunnel; needs CAP_NET_ADMIN')
    .option('--config <file>', 'TOML file; POSTERN_GATEWAY_… variables come over it')
    .addHelpText('after', helpExamples('postern-gateway start --config /etc/postern/gateway.toml'))
    .action(start);
  program
    .command('check')
    .description(
      'name what would silently break this gateway on its host; exit 0 all well, 1 something is not, 2 cannot look',
    )
    .option('--config <file>', 'TOML file; POSTERN_GATEWAY_… variables come over it')
    .option('--json', 'one object: ok, checks[] {id, ok, detail, remedy}')
    .addHelpText(
      'after',
      helpExamples(
        'postern-gateway check --config /etc/postern/gateway.toml',
        'postern-gateway check --json --config /etc/postern/gateway.toml',
      ),
    )
    .action(check);
  program
    .command('keygen')
    .description('make the private key if it is missing and print the public key (base64url)')
    .option('--config <file>', 'TOML file that names privateKeyFile')
    .option('--out <file>', 'private key file, instead of the configured one')
    .addHelpText(
      'after',
      helpExamples(
        'postern-gateway keygen --config /etc/postern/gateway.toml',
        'postern-gateway keygen --out /etc/postern/private.key',
      ),
    )
    .action(keygen);

  program
    .command('install')
    .description('write the configuration: the line that the Control Panel shows for a new gateway')
    .requiredOption('--server <url>', "the control server's address")
    .requiredOption('--gateway <id>', 'which gateway this is')
    .option(
      '--token <token>',
      'good for this gateway alone; left out: standard input, or asked for at a terminal',
    )
    .requiredOption('--address <network>', "the gateway's own address in the tunnel, such as 10.86.0.1/22")
    .requiredOption('--endpoint <address:port>', 'where clients reach this machine; UDP')
    .option('--mtu <bytes>', 'of the tunnel', '1420')
    .option('--ca <file>', 'PEM of a certificate authority of your own')
    .option('--nat <interface>', 'hide clients behind this interface')
    .option(
      '--services <list>',
      'what members reach of this machine itself, such as udp/53,tcp/53 for its resolver',
    )
    .option(
      '--forward-others',
      'this host passes packets on for others, too: a router, or one with containers',
    )
    .option('--no-forward-others', 'it does so for the tunnel alone')
    .option('--folder <path>', 'where the files go', '/etc/postern')
    .option('--force', 'replace files that are there')
    .addHelpText(
      'after',
      helpExamples(
        'postern-gateway install --server https://vpn.example.com --gateway ID --address 10.86.0.1/22 --endpoint 203.0.113.7:51820 --nat eth0 < gateway.token',
      ),
    )
    .action(install);

  program
    .command('set-token')
    .description('take a new token over without an interruption: the line that Control Panel or server show')
    .argument('[token]', 'left out: standard input, or asked for at a terminal')
    .option('--config <file>', 'TOML file that names tokenFile', '/etc/postern/gateway.toml')
    .addHelpText('after', helpExamples('postern-gateway set-token < gateway.token'))
    .action(replaceToken);
  return withHelpHint(program);
}

/** What a command threw, as one sentence on standard error; sets the exit code. */
export function sayFault(error: unknown): void {
  // Ctrl-C at the question.
  const isCancelled = error instanceof Error && error.name === 'ExitPromptError';
  if (isCancelled) say('Nothing was changed.');
  else say(`postern-gateway: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = EXIT_FAILED;
}
