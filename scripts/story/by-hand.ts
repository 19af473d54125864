import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { select } from '@inquirer/prompts';
import { readAuthenticator } from '../../lab/stack/authenticator.ts';
import { endSession, endSessionAsCurl } from '../../lab/stack/integration-call.ts';
import { npmLine } from '../../lab/stack/npm-line.ts';
import type { RunningStack } from '../../lab/stack/start-stack.ts';
import { fetchPage } from './observe.ts';
import { createStatusLine } from './status-line.ts';

const KICK_AFTER_MS = 10_000;

/** Lets a person play the story: the terminal client on the laptop, with the authenticator on the first line. */
export async function playByHand(stack: RunningStack, signal: AbortSignal): Promise<void> {
  const [member] = stack.file.members;
  if (!member) return;
  const order = { memberId: member.id, reason: 'Sign-in from a new country', incidentId: 'INC-1042' };
  const phone = createStatusLine(process.stdout, () => {
    const { code, leftMs } = readAuthenticator(member.totpSecret, Date.now());
    return ` Authenticator of ${member.email}:  ${code.slice(0, 3)} ${code.slice(3)}   ${Math.ceil(leftMs / 1000)} s left`;
  });
  phone.show();
  try {
    const lines = [
      `This terminal is the laptop of ${member.email}.`,
      `  password: ${member.password}`,
      phone.isUsable()
        ? '  codes: the first line of this window is the authenticator app'
        : `  codes: in a second terminal, ${npmLine(stack.folder, 'authenticator')}`,
      `The security team ends the session from another terminal: ${npmLine(stack.folder, 'end-session')}, or`,
      `  ${endSessionAsCurl(stack.file, order)}`,
      '',
      'First, sign in. Asked for the password and a code, paste the password and type the code.',
      '',
    ];
    console.log(lines.join('\n'));
    await onLaptop(stack, ['postern', 'sign-in', '--email', member.email]);
    while (!signal.aborted) {
      const choice = await choose(signal);
      switch (choice) {
        case 'connect':
          await onLaptop(stack, ['postern', 'connect']);
          break;
        case 'connect-and-kick': {
          const kick = new AbortController();
          const kicked = kickLater(stack, order, kick.signal);
          await onLaptop(stack, ['postern', 'connect']);
          kick.abort();
          await kicked;
          break;
        }
        case 'page': {
          const page = await fetchPage(stack);
          console.log(
            page.loads ? `The page loads: "${page.title}"` : `The page does not load (${page.why}).`,
          );
          break;
        }
        case 'quit':
          return;
        default:
          await onLaptop(stack, choice.split(' '));
      }
    }
  } finally {
    phone.hide();
  }
}

async function choose(signal: AbortSignal): Promise<string> {
  try {
    return await select(
      {
        message: 'What now?',
        choices: [
          { value: 'connect', name: 'connect (Ctrl-C there disconnects)' },
          { value: 'connect-and-kick', name: 'connect, and the security team ends the session after 10 s' },
          { value: 'page', name: 'fetch the page behind the gateway' },
          { value: 'postern status', name: 'postern status' },
          { value: 'postern sign-in', name: 'postern sign-in' },
          { value: 'sh', name: 'a shell on the laptop' },
          { value: 'quit', name: 'quit and take everything down' },
        ],
      },
      { signal },
    );
  } catch (error) {
    // Ctrl-C at the question, or the end of the stack.
    if (error instanceof Error && /^(ExitPrompt|AbortPrompt)Error$/.test(error.name)) return 'quit';
    throw error;
  }
}

/** Runs a program on the laptop in the foreground; Ctrl-C reaches it, and it decides. */
function onLaptop(stack: RunningStack, command: readonly string[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn(stack.laptop.shell, command, {
    stdio: 'inherit',
    env: { TERM: process.env.TERM ?? 'xterm' },
  });
  child.on('error', reject);
  child.on('exit', () => resolve());
  return promise;
}

async function kickLater(
  stack: RunningStack,
  order: { memberId: string; reason: string; incidentId: string },
  signal: AbortSignal,
): Promise<void> {
  try {
    await sleep(KICK_AFTER_MS, undefined, { signal });
  } catch (error) {
    // The client ended before the ten seconds were over.
    if (error instanceof Error && error.name === 'AbortError') return;
    throw error;
  }
  await endSession(stack.file, order);
}
