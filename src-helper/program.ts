import { Command, InvalidArgumentError } from 'commander';
import type { Logger } from 'pino';
import { changedSettings } from '../src-node/changed-settings.ts';
import type { Loaded } from '../src-node/config.ts';
import { fingerprint } from '../src-node/fingerprint.ts';
import { helpExamples, withHelpHint } from '../src-node/help-hint.ts';
import { openProgramLog } from '../src-node/program-log.ts';
import { versionText } from '../src-node/version.ts';
import type { Result } from '../src-shared/problem.ts';
import { parseServerKey, TRUSTED_SERVERS_FILE } from '../src-shared/server-key.ts';
import { type HelperConfig, loadHelperConfig } from './config.ts';
import { startDaemon } from './daemon.ts';
import { release } from './linux/release.ts';
import { isPlainIssuer, TrustedServers } from './trusted-servers.ts';

/** Exit codes: 0 ended as asked, 1 failed, 2 wrong input or configuration, 3 not confirmed. */
const EXIT_FAILED = 1;
const EXIT_INPUT = 2;
const EXIT_NOT_CONFIRMED = 3;
const MAX_KEY_LINE_BYTES = 1024;

interface StartFlags {
  config?: string;
  socket?: string;
  stateDir?: string;
  trustedServers?: string;
  interface?: string;
  group?: string;
  allowUid?: number[];
  logLevel?: string;
}

async function start({ config: file, allowUid, ...flags }: StartFlags): Promise<void> {
  const read = () => loadHelperConfig(file, process.env, { ...flags, allowUids: allowUid });
  const config = read();
  if (!config.ok) {
    for (const mistake of config.mistakes) say(mistake);
    process.exitCode = EXIT_INPUT;
    return;
  }
  const log = await openProgramLog({ level: config.value.logLevel });
  // Asked for before anything is made: an end that comes while the helper starts still takes away what it made.
  const end = firstSignal();
  process.on('SIGHUP', () => reload(config.value, read(), log));
  const daemon = await startDaemon(config.value, log);
  log.info({ signal: await end }, 'stopping');
  try {
    await daemon.close();
  } catch (error) {
    log.error({ err: error }, 'not everything could be taken away');
    process.exit(EXIT_FAILED);
  }
  process.exit(0);
}

/** What SIGHUP asks for: the level of the log as it is in the file now. All else takes a restart, and is named. */
function reload(running: HelperConfig, next: Loaded<HelperConfig>, log: Logger): void {
  if (!next.ok) {
    log.error(
      { mistakes: next.mistakes },
      'not reloaded: the configuration has mistakes, and all stays as it was',
    );
    return;
  }
  log.level = next.value.logLevel;
  const needsRestart = changedSettings(running, next.value, ['logLevel']);
  log.info({ logLevel: log.level, needsRestart }, 'reloaded');
}

/** Which of the two asked for the end. Whatever comes after it is heard, too, and changes nothing. */
function firstSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, resolve);
  return promise;
}

async function trust(
  line: string,
  { yes, trustedServers }: { yes?: boolean; trustedServers: string },
): Promise<void> {
  if (!requireRoot()) return;
  const server = parseServerKey(line);
  if (!server || !isPlainIssuer(server.issuer)) {
    say('That is no server key. It looks like: https://vpn.example.com#ed25519=<43 characters>');
    process.exitCode = EXIT_INPUT;
    return;
  }
  process.stdout.write(`Server       ${server.issuer}\nFingerprint  ${fingerprint(server.publicKey)}\n`);
  if (!yes && !(await isConfirmed())) {
    process.exitCode = EXIT_NOT_CONFIRMED;
    return;
  }
  if (report(await new TrustedServers(trustedServers).trust(server)))
    process.stdout.write('Trusted from now on. A running helper knows it already.\n');
}

/**
 * What pkexec starts, whose dialog has shown both arguments: the key comes on standard input, and counts only when it is
 * the one that was shown. No file can be named and nothing confirmed beforehand.
 */
async function trustShown(issuer: string, shown: string): Promise<void> {
  if (!requireRoot()) return;
  const server = parseServerKey((await firstBytes(MAX_KEY_LINE_BYTES)).trim());
  if (
    !server ||
    !isPlainIssuer(issuer) ||
    server.issuer !== issuer ||
    fingerprint(server.publicKey) !== shown
  ) {
    say('The key is not that of the server that was shown. Nothing was changed.');
    process.exitCode = EXIT_INPUT;
    return;
  }
  report(await new TrustedServers(TRUSTED_SERVERS_FILE).trust(server));
}

async function firstBytes(limit: number): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += chunk;
    if (text.length > limit) break;
  }
  return text.slice(0, limit);
}

async function isConfirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    say('Nothing was changed. Compare the fingerprint, then run this again with --yes.');
    return false;
  }
  // Loaded here, so that the daemon does not carry it.
  const { confirm } = await import('@inquirer/prompts');
  return confirm({
    message: 'Is this the fingerprint that the administrator of the server gave you?',
    default: false,
  });
}

async function untrust(issuer: string, { trustedServers }: { trustedServers: string }): Promise<void> {
  if (!requireRoot()) return;
  if (report(await new TrustedServers(trustedServers).untrust(issuer)))
    process.stdout.write(
      `${issuer} is not trusted any more. A tunnel that is up stays until its lease ends.\n`,
    );
}

function list({ trustedServers }: { trustedServers: string }): void {
  const servers = new TrustedServers(trustedServers).list();
  if (!report(servers) || !servers.ok) return;
  if (servers.value.length === 0) say('No server is trusted yet.');
  for (const { issuer, publicKey, next } of servers.value) {
    process.stdout.write(`${issuer}\n  ${fingerprint(publicKey)}\n`);
    if (next !== undefined) process.stdout.write(`  ${fingerprint(next)} (next)\n`);
  }
}

async function releaseNow(flags: Pick<StartFlags, 'config' | 'socket' | 'stateDir'>): Promise<void> {
  if (!requireRoot('Only root may free this computer.')) return;
  const { config: file, ...given } = flags;
  const config = loadHelperConfig(file, process.env, given);
  if (!config.ok) {
    for (const mistake of config.mistakes) say(mistake);
    process.exitCode = EXIT_INPUT;
    return;
  }
  const freed = await release(config.value);
  if (!report(freed) || !freed.ok) return;
  process.stdout.write('Postern holds nothing back on this computer any more.\n');
  process.stdout.write('With the next connection, or a new order of your team, it does again.\n');
  if (!freed.value.isHelperRunning)
    say('The helper does not run, or hangs: systemctl restart postern-helper');
}

/** Prints a refusal and sets the exit status; true when there was none. */
function report(result: Result<unknown>): boolean {
  if (result.ok) return true;
  say(result.problem.detail);
  process.exitCode = EXIT_FAILED;
  return false;
}

function requireRoot(why = 'Only root may change which servers this computer trusts.'): boolean {
  if (process.geteuid?.() === 0) return true;
  say(`${why} Use sudo.`);
  process.exitCode = EXIT_FAILED;
  return false;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function collectUid(value: string, previous: number[] = []): number[] {
  if (!/^\d{1,10}$/.test(value)) throw new InvalidArgumentError('expected a user id');
  return [...previous, Number(value)];
}

const trustedServersOption = [
  '--trusted-servers <file>',
  'servers that root trusts',
  TRUSTED_SERVERS_FILE,
] as const;

/** `postern-helper` with all of its commands. */
export function helperProgram(): Command {
  const program = new Command('postern-helper')
    .version(versionText())
    .description('Postern privileged helper: the part that moves packets');
  program
    .command('start')
    .description('serve clients; needs CAP_NET_ADMIN')
    .option('--config <file>', 'TOML file; POSTERN_HELPER_… variables and flags come over it')
    .option('--socket <path>', 'where clients connect (default /run/postern/helper.sock)')
    .option('--state-dir <dir>', 'what must survive a restart (default /var/lib/postern)')
    .option('--trusted-servers <file>', `servers that root trusts (default ${TRUSTED_SERVERS_FILE})`)
    .option('--interface <name>', 'name of the tunnel interface (default postern0)')
    .option('--group <name>', 'its members may use the helper (default postern)')
    .option('--allow-uid <uid>', 'a user who may use the helper; may be repeated', collectUid)
    .option('--log-level <level>', 'debug, info, warn or error')
    .addHelpText(
      'after',
      helpExamples('postern-helper start', 'postern-helper start --config /etc/postern/helper.toml'),
    )
    .action(start);
  program
    .command('trust')
    .argument('<server key>', 'https://…#ed25519=…')
    .description('let leases of this server make a tunnel on this computer; root only')
    .option('--yes', 'the fingerprint has been compared')
    .option(...trustedServersOption)
    .addHelpText('after', helpExamples("sudo postern-helper trust 'https://vpn.example.com#ed25519=…'"))
    .action(trust);
  program
    .command('trust-shown', { hidden: true })
    .argument('<issuer>', 'https://…')
    .argument('<fingerprint>', 'as a person has just seen it')
    .action(trustShown);
  program
    .command('untrust')
    .argument('<issuer>', 'https://…')
    .description('take that back; root only')
    .option(...trustedServersOption)
    .addHelpText('after', helpExamples('sudo postern-helper untrust https://vpn.example.com'))
    .action(untrust);
  program
    .command('list')
    .description('show the trusted servers')
    .option(...trustedServersOption)
    .addHelpText('after', helpExamples('postern-helper list'))
    .action(list);
  program
    .command('release')
    .description('let all traffic of this computer out again, until your team orders otherwise; root only')
    .option('--config <file>', 'TOML file of the helper')
    .option('--socket <path>', 'where the helper listens')
    .option('--state-dir <dir>', 'where the helper keeps what must survive a restart')
    .addHelpText('after', helpExamples('sudo postern-helper release'))
    .action(releaseNow);

  // Whoever is asked for a password there has seen a command line, and should know from it what happens.
  program.hook('preAction', (_, command) => {
    if (process.env.PKEXEC_UID === undefined || command.name() === 'trust-shown') return;
    say('Not under pkexec, which shows too little of what it would do. Use sudo.');
    process.exit(EXIT_INPUT);
  });
  return withHelpHint(program);
}

/** What a command threw, as one sentence on standard error; ends the program. */
export function endWithFault(error: unknown): never {
  // Ctrl-C at the question.
  if (error instanceof Error && error.name === 'ExitPromptError') {
    say('Nothing was changed.');
    process.exit(EXIT_NOT_CONFIRMED);
  }
  say(`postern-helper: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(EXIT_FAILED);
}
