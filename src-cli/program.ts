import { Command, CommanderError, type CommandOptions, InvalidArgumentError, Option } from 'commander';
import { helpExamples, withHelpHint } from '../src-node/help-hint.ts';
import type { BiometricsAction } from './commands/biometrics.ts';
import type { GuardAction } from './commands/guard.ts';
import type { OverlapAction } from './commands/overlap.ts';
import type { PinAction } from './commands/pin.ts';
import { exitCodeHelp } from './context/exit-codes.ts';

/** What the command line asked for. */
export type Invocation =
  | { command: 'sign-in'; server: string | undefined; ca: string | undefined; email: string | undefined }
  | { command: 'connect'; gateway: string | undefined }
  | { command: 'status'; watch: boolean }
  | { command: 'pin'; action: PinAction }
  | { command: 'biometrics'; action: BiometricsAction }
  | { command: 'guard'; action: GuardAction }
  | { command: 'overlap'; action: OverlapAction }
  /** `remove`: id or name of the device to remove; null lists them. */
  | { command: 'devices'; remove: string | null }
  | { command: 'disconnect' | 'doctor' | 'sign-out' | 'gateways' | 'renew' };

export interface GlobalOptions {
  json: boolean;
  profile: string | undefined;
  helperSocket: string | undefined;
}

export type Parsed =
  | { kind: 'run'; invocation: Invocation; options: GlobalOptions }
  /** Help or version was printed. */
  | { kind: 'ended' }
  /** `text` says what is wrong to a person, with help where there is no command; `detail` is one sentence. */
  | { kind: 'misused'; json: boolean; text: string; detail: string };

export interface ProgramIo {
  out: (text: string) => void;
  /** Only what the options read: POSTERN_PROFILE, POSTERN_HELPER_SOCKET, POSTERN_SERVER, POSTERN_CA. */
  env: Record<string, string | undefined>;
  version: string;
}

/** A script whose variable is empty is not to be connected to just any. */
function named(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It is empty.');
  return value;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined);

/** Reads the command line (`argv` without program and script). Codes and passwords have no option: they are asked for. */
export function parseCommandLine(argv: readonly string[], { out, env, version }: ProgramIo): Parsed {
  const found: { invocation: Invocation | null; json: boolean } = { invocation: null, json: false };
  let complaint = '';
  const program = new Command('postern');
  program
    .description('A VPN that asks again. Terminal client.')
    .version(version)
    .addOption(new Option('--profile <dir>', 'settings folder (POSTERN_PROFILE)'))
    .addOption(new Option('--helper-socket <path>', 'socket of the helper (POSTERN_HELPER_SOCKET)'))
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: out,
      writeErr: (text) => {
        complaint += text;
      },
    })
    .addHelpText('afterAll', exitCodeHelp());

  const add = (name: string, description: string, parent = program, options: CommandOptions = {}) =>
    parent
      .command(name, options)
      .description(description)
      .option('--json', 'one JSON object per line instead of sentences')
      .configureHelp({ showGlobalOptions: true })
      .hook('preAction', (command) => {
        found.json ||= command.opts().json === true;
      });

  add(
    'sign-in',
    'Sign in to a server with password and code; sets up an authenticator where one is required.',
  )
    .option('--server <url>', 'address of the server (POSTERN_SERVER)')
    .option('--ca <file>', 'PEM file with the certificate authority of the server (POSTERN_CA)')
    .option('--email <address>', 'who signs in')
    .action((options: Record<string, unknown>) => {
      const { server, ca, email } = options;
      found.invocation = { command: 'sign-in', server: text(server), ca: text(ca), email: text(email) };
    });
  add('connect', 'Connect and stay in the foreground; asks for a code whenever the server wants one.')
    .option(
      '--gateway <name-or-id>',
      'which gateway; "auto", as without it: the nearest, else the last used, and on to another one when it is gone',
      named,
    )
    .action((options: Record<string, unknown>) => {
      const gateway = text(options.gateway);
      found.invocation = { command: 'connect', gateway: gateway === 'auto' ? undefined : gateway };
    });
  add('disconnect', 'End the running connection.').action(() => {
    found.invocation = { command: 'disconnect' };
  });
  add('status', 'Say how every part is, and what to do where one is not well.')
    .option('--watch', 'keep telling changes until Ctrl-C')
    .action((options: Record<string, unknown>) => {
      found.invocation = { command: 'status', watch: options.watch === true };
    });
  add(
    'doctor',
    'Look at what this computer needs for Postern, each with what to do where it is not well.',
  ).action(() => {
    found.invocation = { command: 'doctor' };
  });
  add('renew', 'Give a fresh code ahead of the end, so that the running connection goes on.').action(() => {
    found.invocation = { command: 'renew' };
  });
  add('gateways', 'List the gateways that you may use, and how near they are.').action(() => {
    found.invocation = { command: 'gateways' };
  });
  add('sign-out', 'Forget the session; ends the running connection.').action(() => {
    found.invocation = { command: 'sign-out' };
  });

  const pin = program.command('pin').description('The PIN of this device.');
  const pinActions: Record<PinAction, string> = {
    set: 'Choose a PIN; takes a code.',
    change: 'Choose another one; takes a code.',
    remove: 'Remove it from this device.',
    test: 'Try it against the server without connecting. Wrong ones count.',
  };
  for (const action of ['set', 'change', 'remove', 'test'] as const)
    add(action, pinActions[action], pin).action(() => {
      found.invocation = { command: 'pin', action };
    });
  const biometrics = program
    .command('biometrics')
    .description("The system's sign-in (fingerprint or password) instead of the PIN.");
  const biometricsActions: Record<BiometricsAction, string> = {
    on: 'Turn it on for this device; takes a code.',
    off: 'Turn it off for this device.',
    test: 'Try it against the server without connecting.',
    status: 'Say what is set up, and what is in the way of the rest.',
  };
  for (const action of ['on', 'off', 'test', 'status'] as const)
    add(action, biometricsActions[action], biometrics).action(() => {
      found.invocation = { command: 'biometrics', action };
    });
  const guard = program
    .command('guard')
    .description('What is held back while you are not connected. Needs the helper, and no sign-in.');
  const guardActions: Record<GuardAction, string> = {
    show: 'Say what is held back and why; so does `guard` alone.',
    off: 'Ask for nothing beyond the rule of your team.',
    gate: "Your team's networks go through the tunnel or not at all, from the first connection on.",
    always: 'Nothing leaves but the way to your server while not connected, from the first connection on.',
    portal: 'Open the sign-in page of this network for a few minutes.',
    release: 'End it until the server says so anew, where your team lets you.',
  };
  for (const action of ['show', 'off', 'gate', 'always', 'portal', 'release'] as const)
    add(action, guardActions[action], guard, { isDefault: action === 'show' }).action(() => {
      found.invocation = { command: 'guard', action };
    });
  refuseOtherWords(guard, 'show');
  const overlap = program
    .command('overlap')
    .description(
      'Whose a network is that your team has and the network here has too. Remembered for this network.',
    );
  const overlapActions: Record<OverlapAction, string> = {
    show: 'Say whether there is one, and whose it is; so does `overlap` alone.',
    local: 'It stays with the network here, outside the tunnel.',
    team: "It is your team's and goes through the tunnel.",
  };
  for (const action of ['show', 'local', 'team'] as const)
    add(action, overlapActions[action], overlap, { isDefault: action === 'show' }).action(() => {
      found.invocation = { command: 'overlap', action };
    });
  refuseOtherWords(overlap, 'show');
  const devices = program.command('devices').description('Your devices.');
  add('list', 'List them; so does `devices` alone.', devices, { isDefault: true }).action(() => {
    found.invocation = { command: 'devices', remove: null };
  });
  add('remove <id-or-name>', 'Sign a device out, disconnect it and forget it.', devices).action(
    (device: string) => {
      found.invocation = { command: 'devices', remove: device };
    },
  );
  refuseOtherWords(devices, 'list');

  addExamples(program);
  const misused = (message: string): Parsed => ({
    kind: 'misused',
    json: argv.includes('--json'),
    text: complaint,
    // Without a command commander has help to show, and no message of its own.
    detail: message.startsWith('error: ') ? message.slice('error: '.length) : 'A command is missing.',
  });
  try {
    withHelpHint(program).parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? { kind: 'ended' } : misused(error.message);
  }
  const chosen = found.invocation;
  if (!chosen) return misused('');
  const globals: Record<string, unknown> = program.opts();
  return {
    kind: 'run',
    invocation: chosen,
    options: {
      json: found.json,
      profile: text(globals.profile) ?? text(env.POSTERN_PROFILE),
      helperSocket: text(globals.helperSocket) ?? text(env.POSTERN_HELPER_SOCKET),
    },
  };
}

/** By the words of the command; of all others the words themselves are one. */
const examples: Record<string, readonly string[]> = {
  'sign-in': ['sign-in --server https://vpn.example.com', 'sign-in --email you@example.com'],
  connect: ['connect', 'connect --gateway office', 'connect --json'],
  status: ['status', 'status --watch --json'],
  'devices list': ['devices', 'devices list --json'],
  'devices remove': ['devices remove laptop-anna'],
};

/** Every command's help ends with how it is typed. */
function addExamples(parent: Command, before: readonly string[] = []): void {
  for (const command of parent.commands) {
    const words = [...before, command.name()];
    if (command.commands.length > 0) addExamples(command, words);
    else {
      const lines = examples[words.join(' ')] ?? [words.join(' ')];
      command.addHelpText('after', helpExamples(...lines.map((line) => `postern ${line}`)));
    }
  }
}

/** A word that is none of the subcommands reaches the default one, which takes none: the ones that there are, then. */
function refuseOtherWords(parent: Command, defaultName: string): void {
  const names = parent.commands.map((command) => command.name());
  const [shown] = parent.commands.filter((command) => command.name() === defaultName);
  shown?.allowExcessArguments().hook('preAction', (_, { args: [word] }) => {
    if (word !== undefined)
      parent.error(`error: there is no '${parent.name()} ${word}'. There is: ${names.join(', ')}`);
  });
}
