import type { ReadStream } from 'node:tty';
import type { ClientCore } from '../src-client/core.ts';
import { defaultProfileFolder } from '../src-client/settings/profile-lock.ts';
import { problem } from '../src-shared/problem.ts';
import type { Asker } from './ask/asker.ts';
import { followJob } from './ask/job-control.ts';
import { createKeyLines } from './ask/key-lines.ts';
import { createKeyboard, type Keyboard } from './ask/keyboard.ts';
import { createLineAsker, createLines, type Lines } from './ask/line-asker.ts';
import { createTerminalAsker } from './ask/terminal-asker.ts';
import { biometrics } from './commands/biometrics.ts';
import { connect } from './commands/connect.ts';
import { listDevices, removeDevice } from './commands/devices.ts';
import { disconnect } from './commands/disconnect.ts';
import { doctor } from './commands/doctor.ts';
import { gateways } from './commands/gateways.ts';
import { guard } from './commands/guard.ts';
import { overlap } from './commands/overlap.ts';
import { pin } from './commands/pin.ts';
import { renew } from './commands/renew.ts';
import { signIn } from './commands/sign-in.ts';
import { signOut } from './commands/sign-out.ts';
import { status } from './commands/status.ts';
import { type CommandContext, type Ending, exit, refused } from './context/command-context.ts';
import { exitCodes, exitForProblem } from './context/exit-codes.ts';
import { createInterrupts } from './context/interrupts.ts';
import type { Job } from './context/job.ts';
import { controlSocketPath } from './control/socket-path.ts';
import { type Invocation, parseCommandLine } from './program.ts';
import { createHumanOutput, createJsonOutput, type Output, type Sink, sayQuitHard } from './view/output.ts';

/** What the terminal client takes from the process around it. */
export interface CliWorld {
  argv: readonly string[];
  env: Record<string, string | undefined>;
  stdin: NodeJS.ReadableStream;
  /** Standard input when it is a terminal. */
  terminal: ReadStream | null;
  stdout: NodeJS.WritableStream & Sink;
  stderr: NodeJS.WritableStream & Sink;
  now: () => number;
  pid: number;
  uid: number;
  tmpDir: string;
  version: string;
  /** The terminal itself, where a person sits at it and both outputs go elsewhere; null where there is none. */
  openScreen(): NodeJS.WritableStream | null;
  job: Job;
  /** Calls back at each of these. */
  onSignal(listener: (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => void): void;
  /** Ends the process at once. */
  quit(code: number): void;
  openCore(options: CoreOptions): ClientCore;
}

export interface CoreOptions {
  profileDir: string;
  helperSocket: string | undefined;
}

/** Runs one command and resolves with its exit code. Everything it opened is closed by then. */
export async function runCli(world: CliWorld): Promise<number> {
  const { env, stdin, stdout, stderr, now } = world;
  const parsed = parseCommandLine(world.argv, {
    out: (text) => stdout.write(text),
    env,
    version: world.version,
  });
  if (parsed.kind === 'ended') return exitCodes.done.code;
  if (parsed.kind === 'misused') {
    if (parsed.json)
      return exitCodeOf(refused(problem('invalid-request', parsed.detail)), createJsonOutput(stdout));
    stderr.write(parsed.text);
    return exitCodes.usage.code;
  }

  const { json, profile, helperSocket } = parsed.options;
  const isDumb = env.TERM === 'dumb';
  const output = json ? createJsonOutput(stdout) : createHumanOutput(stdout, stderr, isDumb);
  let keyboard: Keyboard | null = null;
  const interrupts = createInterrupts(() => {
    sayQuitHard(output);
    keyboard?.close();
    world.quit(exitCodes.interrupted.code);
  });
  world.onSignal((signal) => (signal === 'SIGHUP' ? interrupts.hangUp() : interrupts.raise()));
  for (const stream of [stdout, stderr]) stream.on('error', interrupts.hangUp);
  const lines = createLines(stdin);
  if (world.terminal)
    keyboard = createKeyboard(world.terminal, {
      onInterrupt: interrupts.raise,
      onHangUp: interrupts.hangUp,
      onStop: followJob(world.job, () => keyboard),
    });
  const shown = [...(json ? [] : [stdout]), stderr].find(({ isTTY }) => isTTY);
  const screen = shown ?? (keyboard && world.openScreen()) ?? stderr;
  const profileDir = profile ?? defaultProfileFolder(env);
  const context: CommandContext = {
    openCore: () => world.openCore({ profileDir, helperSocket }),
    asker: askerOf({ keyboard, isDumb, screen, lines, output, now, onInterrupt: interrupts.raise }),
    output,
    time: { now },
    interrupts,
    controlPath: controlSocketPath({
      profileDir,
      runtimeDir: env.XDG_RUNTIME_DIR,
      tmpDir: world.tmpDir,
      uid: world.uid,
    }),
    uid: world.uid,
    pid: world.pid,
    defaults: { serverUrl: env.POSTERN_SERVER || undefined, caFile: env.POSTERN_CA || undefined },
  };
  try {
    if (!endsCleanly.has(parsed.invocation.command)) {
      const interrupted = new Promise<Ending>((resolve) =>
        interrupts.signal.addEventListener('abort', () => resolve(exit('cancelled')), { once: true }),
      );
      return exitCodeOf(await Promise.race([runCommand(parsed.invocation, context), interrupted]), output);
    }
    // From here on nothing that is typed is echoed, also not between two questions.
    keyboard?.open();
    return exitCodeOf(await runCommand(parsed.invocation, context), output);
  } finally {
    keyboard?.close();
    lines.close();
  }
}

/** A person at a terminal, at one that can only write line after line, or a script. */
function askerOf(parts: {
  keyboard: Keyboard | null;
  isDumb: boolean;
  screen: NodeJS.WritableStream;
  lines: Lines;
  output: Output;
  now: () => number;
  onInterrupt: () => void;
}): Asker {
  const { keyboard, isDumb, screen, lines, output, now, onInterrupt } = parts;
  if (!keyboard) return createLineAsker(lines, output);
  if (!isDumb) return createTerminalAsker({ keyboard, screen, output, now });
  return createLineAsker(createKeyLines(keyboard, screen, onInterrupt), output, true);
}

/** Commands that an interrupt ends from within, after they have tidied up. The others simply stop. */
const endsCleanly = new Set<Invocation['command']>([
  'sign-in',
  'connect',
  'renew',
  'status',
  'pin',
  'biometrics',
]);

function runCommand(invocation: Invocation, context: CommandContext): Promise<Ending> {
  switch (invocation.command) {
    case 'sign-in':
      return signIn(invocation, context);
    case 'connect':
      return connect(invocation, context);
    case 'doctor':
      return doctor(context);
    case 'status':
      return status(invocation, context);
    case 'disconnect':
      return disconnect(context);
    case 'sign-out':
      return signOut(context);
    case 'gateways':
      return gateways(context);
    case 'renew':
      return renew(context);
    case 'pin':
      return pin(invocation.action, context);
    case 'biometrics':
      return biometrics(invocation.action, context);
    case 'guard':
      return guard(invocation.action, context);
    case 'overlap':
      return overlap(invocation.action, context);
    case 'devices':
      return invocation.remove === null ? listDevices(context) : removeDevice(invocation.remove, context);
  }
}

function exitCodeOf(ending: Ending, output: Output): number {
  const name = ending.kind === 'exit' ? ending.exit : exitForProblem(ending.problem.code);
  if (ending.kind === 'refused') output.refuse(ending.problem, ending.nextStep);
  output.event({ event: 'exit', name, code: exitCodes[name].code });
  return exitCodes[name].code;
}
