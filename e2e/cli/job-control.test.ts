import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PASSWORD, RIGHT_CODE } from '../../src-cli/testing/scripted-core.ts';
import type { Terminal } from './pty.ts';
import { CLIENT, terminalDesk } from './terminal-desk.ts';

const desk = terminalDesk();
const client = CLIENT.join(' ');
const signIn = `${client} sign-in --server https://vpn.example --email ada@example.com`;

/** A terminal with a shell in it, which stops and continues jobs as shells do. */
function openShell(script = 'signed-out', env: Record<string, string> = {}, columns = 100): Terminal {
  const file = join(desk.dir, 'bashrc');
  writeFileSync(file, "PS1='shell> '; bind 'set enable-bracketed-paste off'\n");
  return desk.open(['bash', '--noprofile', '--rcfile', file, '-i'], script, { env, columns });
}
/** Of what a terminal obeys. */
const ESCAPE = '\u001b[';
const COLOUR = new RegExp(`${ESCAPE.replace('[', '\\[')}[0-9;]*m`);
const soon = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test.each(['Ctrl-Z', 'SIGTSTP', 'SIGSTOP'])(
  'a hidden prompt comes back hidden after %s and fg',
  async (way) => {
    const screen = openShell();
    await screen.sees('shell>');
    screen.press(`${signIn}\r`);
    await screen.sees('Password:');
    // Half a password, then away.
    screen.press(PASSWORD.slice(0, 7));
    await screen.sees('•••••••');
    if (way === 'Ctrl-Z') screen.press('\x1a');
    else process.kill(desk.pid(), way);
    await screen.sees('Stopped');
    await screen.sees('shell>');
    screen.press('echo the shell "ech"oes\r');
    await screen.sees('the shell echoes');
    screen.press('fg\r');
    // Drawn anew, with what was typed before.
    await screen.sees('Password: •••••••');
    screen.press(`${PASSWORD.slice(7)}\r`);
    await screen.sees('Code from your authenticator app:');
    screen.press(`${RIGHT_CODE}\r`);
    await screen.sees('Signed in to Example');
    for (const secret of [PASSWORD, PASSWORD.slice(7), RIGHT_CODE])
      expect(screen.raw()).not.toContain(secret);
    // The shell has its terminal as it was.
    screen.press('echo still ech"oed"\r');
    await screen.sees('still ech"oed"');
    await screen.sees('still echoed');
  },
);

test('in the background it leaves the terminal to the shell, and fg brings the prompt back hidden', async () => {
  const screen = openShell();
  await screen.sees('shell>');
  screen.press(`${signIn}\r`);
  await screen.sees('Password:');
  screen.press('\x1a');
  await screen.sees('Stopped');
  screen.press('bg\r');
  await screen.sees('&');
  await soon(500);
  screen.press('echo the shell "he"ars\r');
  await screen.sees('the shell hears');
  screen.press('jobs\r');
  await screen.sees('Running');
  screen.press('fg\r');
  await screen.sees('Password:');
  await soon(500);
  screen.press(`${PASSWORD}\r`);
  await screen.sees('Code from your authenticator app:');
  expect(screen.raw()).not.toContain(PASSWORD);
  screen.press('\x03');
  await screen.sees('Cancelled');
});

test('Ctrl-Z where no shell could continue it changes nothing', async () => {
  const terminal = desk.open(signIn.split(' '), 'signed-out');
  await terminal.sees('Password:');
  terminal.press('\x1a');
  await soon(500);
  terminal.press(`${PASSWORD}\r`);
  await terminal.sees('Code from your authenticator app:');
  expect(terminal.raw()).not.toContain(PASSWORD);
});

test('a connection that is up goes on after Ctrl-Z and bg', async () => {
  const screen = openShell('open');
  await screen.sees('shell>');
  screen.press(`${client} connect\r`);
  await screen.sees('Connected to main');
  screen.press('\x1a');
  await screen.sees('Stopped');
  screen.press('bg\r');
  await soon(500);
  screen.press('echo the shell "he"ars; jobs\r');
  await screen.sees('the shell hears');
  await screen.sees('Running');
  screen.press('fg\r');
  await soon(1000);
  screen.press('\x03');
  await screen.sees('Disconnected.');
});

test('a terminal that cannot move its cursor is written to line after line, and secrets are not echoed', async () => {
  const screen = openShell('signed-out', { TERM: 'dumb' });
  await screen.sees('shell>');
  screen.press(`${client} sign-in --server https://vpn.example\r`);
  await screen.sees('E-mail:');
  const before = screen.raw().length;
  screen.press('ada@exanple.com\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f');
  screen.press('mple.com\r');
  await screen.sees('Password:');
  screen.press('wrong\r');
  await screen.sees('2 tries left.');
  // Pasted with its code behind it.
  screen.press(`${PASSWORD}\r${RIGHT_CODE}\r`);
  await screen.sees('Signed in to Example as ada@example.com.');
  const said = screen.raw().slice(before);
  expect(said).not.toContain(ESCAPE);
  for (const secret of [PASSWORD, 'wrong\r', RIGHT_CODE]) expect(said).not.toContain(secret);
});

test('with both outputs in a file it asks on the terminal', async () => {
  const screen = openShell();
  await screen.sees('shell>');
  screen.press(`${signIn} >${desk.dir}/log 2>&1; echo "en"ded\r`);
  await screen.sees('Password:');
  screen.press(`${PASSWORD}\r`);
  await screen.sees('Code from your authenticator app:');
  screen.press(`${RIGHT_CODE}\r`);
  await screen.sees('ended');
  expect(readFileSync(join(desk.dir, 'log'), 'utf8')).toContain('Signed in to Example');
  expect(screen.raw()).not.toContain(PASSWORD);
});

test.each([100, 40])(
  'a window that becomes 40 columns wide while it is asked keeps its prompt (from %i)',
  async (columns) => {
    const screen = openShell('pin', {}, columns);
    await screen.sees('shell>');
    screen.press(`${client} connect\r`);
    await screen.sees('Esc: cancel');
    screen.narrow();
    await soon(300);
    screen.press('7');
    await screen.sees('PIN for main: •');
    const drawn = screen.text().slice(screen.text().lastIndexOf('PIN for main: •'));
    for (const line of drawn.split('\n')) expect(line.trimEnd().length).toBeLessThanOrEqual(40);
    screen.press('\x03');
    await screen.sees('Cancelled');
  },
);

test('nothing is coloured, with NO_COLOR or without', async () => {
  const screen = openShell('signed-out', { NO_COLOR: '1', FORCE_COLOR: '1' });
  await screen.sees('shell>');
  screen.press(`${signIn}\r`);
  await screen.sees('Password:');
  screen.press('\x03');
  await screen.sees('Cancelled');
  screen.press(`${client} --help\r`);
  await screen.sees('Exit codes:');
  expect(screen.raw()).not.toMatch(COLOUR);
});
