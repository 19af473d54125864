import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { select } from '@inquirer/prompts';
import { ensureAppIsBuilt } from '../../lab/built.ts';
import { electronBinary, fetchElectron } from '../../lab/electron-binary.ts';
import { findChromium } from '../../lab/host/browser/chromium.ts';
import { readAuthenticator } from '../../lab/stack/authenticator.ts';
import { checkout } from '../../lab/stack/folders.ts';
import { endSession } from '../../lab/stack/integration-call.ts';
import type { RunningStack } from '../../lab/stack/start-stack.ts';
import { fetchPage } from './observe.ts';
import { createStatusLine } from './status-line.ts';

/** Whether a window can be shown: a display, and nobody who asked for the terminal. */
export function wantsDesktop(isTerminalWanted: boolean, env: NodeJS.ProcessEnv): boolean {
  if (isTerminalWanted || env.POSTERN_NO_APP === '1') return false;
  if (process.platform !== 'linux') return true;
  return Boolean(env.DISPLAY) || Boolean(env.WAYLAND_DISPLAY);
}

/**
 * The desktop app on the laptop, with the authenticator on the terminal's first line and the security team's button
 * below it. Returns false when no window can be had here.
 */
export async function playOnDesktop(stack: RunningStack, signal: AbortSignal): Promise<boolean> {
  const [member] = stack.file.members;
  const command = await windowCommand(signal);
  if (!member || command === null) return false;
  ensureAppIsBuilt();
  const phone = createStatusLine(process.stdout, () => {
    const { code, leftMs } = readAuthenticator(member.totpSecret, Date.now());
    return ` Authenticator of ${member.email}:  ${code.slice(0, 3)} ${code.slice(3)}   ${Math.ceil(leftMs / 1000)} s left`;
  });
  phone.show();
  console.log(
    [
      'The window is the laptop’s. Sign in there:',
      `  e-mail: ${member.email}`,
      `  password: ${member.password}`,
      phone.isUsable() ? '  codes: the first line of this terminal is the authenticator app' : '',
      '',
    ].join('\n'),
  );
  const app = startWindow(stack, command);
  const closed = new AbortController();
  app.once('exit', () => closed.abort());
  try {
    const either = AbortSignal.any([signal, closed.signal]);
    while (!either.aborted) {
      const choice = await choose(either);
      if (choice === 'quit') break;
      if (choice === 'page') {
        const page = await fetchPage(stack);
        console.log(page.loads ? `The page loads: "${page.title}"` : `The page does not load (${page.why}).`);
        continue;
      }
      const reason = 'Sign-in from a new country';
      const { answer, tookMs } = await endSession(stack.file, {
        memberId: member.id,
        reason,
        incidentId: 'INC-1042',
      });
      console.log(`${answer.message} (${tookMs.toFixed(1)} ms)`);
    }
  } finally {
    phone.hide();
    if (app.exitCode === null && app.signalCode === null) {
      app.kill('SIGTERM');
      await new Promise((resolve) => app.once('exit', resolve));
    }
  }
  return true;
}

/** Real Electron when it is there or can be had, else Chromium, else null. */
async function windowCommand(signal: AbortSignal): Promise<string[] | null> {
  const electron = process.env.POSTERN_APP_HOST === 'browser' ? null : await findElectron(signal);
  // As root Chromium's sandbox cannot work; the only page that is ever shown is our own.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  if (electron !== null) return [electron, ...asRoot, checkout];
  if (findChromium() !== null) return [process.execPath, path.join(checkout, 'lab/host/start.ts')];
  console.log('There is no Chromium or Chrome either, so the terminal client it is.');
  return null;
}

async function findElectron(signal: AbortSignal): Promise<string | null> {
  const there = electronBinary();
  if (there !== null) return there;
  console.log('Electron’s binary is not here yet. Downloading it, for three minutes at most …');
  return fetchElectron({
    signal,
    onProgress: (seconds) => process.stdout.isTTY && process.stdout.write(`\r  ${Math.round(seconds)} s `),
    onFailure: (why) => console.log(`\rThat did not work: ${why}`),
  });
}

/** Outside the laptop's network, where the display is; server and helper are reached from here as well. */
function startWindow(stack: RunningStack, [program = '', ...args]: string[]): ChildProcess {
  const {
    XDG_RUNTIME_DIR: runtime,
    WAYLAND_DISPLAY: wayland,
    XAUTHORITY: key,
    HOME: home = '',
  } = process.env;
  // The laptop has a home and a runtime folder of its own; the display is found by the person's.
  const display = {
    XAUTHORITY: key ?? path.join(home, '.Xauthority'),
    ...(wayland === undefined || runtime === undefined
      ? {}
      : { WAYLAND_DISPLAY: path.resolve(runtime, wayland) }),
  };
  return spawn(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...stack.laptop.env, ...display },
    // Ctrl-C in the terminal is for the question below; it ends the window in order.
    detached: true,
  });
}

async function choose(signal: AbortSignal): Promise<'kick' | 'page' | 'quit'> {
  try {
    return await select(
      {
        message: 'Meanwhile, out here:',
        choices: [
          { value: 'kick', name: 'the security team ends the session' },
          { value: 'page', name: 'fetch the page behind the gateway' },
          { value: 'quit', name: 'quit and take everything down' },
        ],
      },
      { signal },
    );
  } catch (error) {
    // Ctrl-C at the question, the window was quit, or the stack ends.
    if (error instanceof Error && /^(ExitPrompt|AbortPrompt)Error$/.test(error.name)) return 'quit';
    throw error;
  }
}
