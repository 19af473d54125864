import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PASSWORD, RIGHT_BACKUP_CODE, RIGHT_CODE, RIGHT_PIN } from '../../src-cli/testing/scripted-core.ts';
import type { Terminal } from './pty.ts';
import { CLIENT, terminalDesk } from './terminal-desk.ts';

const desk = terminalDesk();
const start = (script: string, ...argv: string[]): Terminal => desk.open([...CLIENT, ...argv], script);
const serverEnds = () => process.kill(desk.pid(), 'SIGUSR2');

test('neither password nor code is ever on the screen at sign-in', async () => {
  const screen = start('signed-out', 'sign-in', '--server', 'https://vpn.example');
  await screen.sees('E-mail:');
  screen.press('ada@example.com\r');
  await screen.sees('Password:');
  screen.press(`${PASSWORD}\r`);
  await screen.sees('Code from your authenticator app:');
  screen.press('111111\r');
  await screen.sees('4 tries left');
  screen.press(`${RIGHT_CODE}\r`);
  await screen.sees('Signed in to Example');
  expect(await screen.exitCode).toBe(0);
  for (const secret of [PASSWORD, RIGHT_CODE, '111111', 'correct'])
    expect(screen.raw()).not.toContain(secret);
  expect(screen.raw(), 'the e-mail is echoed, so the check above can fail').toContain('ada@example.com');
});

test('keys between two prompts are not echoed either, and the gate opens by itself', async () => {
  const screen = start('open', 'connect');
  await screen.sees('Connected to main · 10.7.0.2 · since');
  screen.press('987654');
  // Time for the keys to arrive, so that an echo would be there.
  await new Promise((resolve) => setTimeout(resolve, 500));
  serverEnds();
  await screen.sees('sign-in from a new country (incident INC-7). Enter a code to reconnect.');
  await screen.sees('Esc: cancel');
  // Ctrl-U clears what of the early keys came after the prompt had opened.
  screen.press('\x1548 29 13\r');
  await screen.sees('Connected to main.');
  screen.press('\x03');
  await screen.sees('Disconnected.');
  expect(await screen.exitCode).toBe(0);
  for (const secret of ['987654', RIGHT_CODE, '48 29 13']) expect(screen.raw()).not.toContain(secret);
});

test('a used code shows when the next one comes, and a code that is there already may go', async () => {
  const screen = start('used', 'connect');
  await screen.sees('Esc: cancel');
  screen.press('111111\r');
  await screen.sees('Already used. Next code in');
  await screen.sees(/Next code in 5\d s/);
  screen.press(`${RIGHT_CODE}\r`);
  await screen.sees('Connected to main.');
  screen.press('\x03');
  expect(await screen.exitCode).toBe(0);
});

test('while the server makes wait, Enter sends nothing and Tab leads to a backup code', async () => {
  const screen = start('throttled', 'connect');
  await screen.sees('Esc: cancel');
  screen.press('111111\r');
  await screen.sees('Too many attempts. Try again in');
  await screen.sees('Esc: cancel');
  screen.press(`${RIGHT_CODE}\r`);
  await screen.sees('Not sent.');
  screen.press('\t');
  await screen.sees('Backup code for main:');
  screen.press(`${RIGHT_BACKUP_CODE}\r`);
  await screen.sees('Connected to main.');
  screen.press('\x03');
  expect(await screen.exitCode).toBe(0);
  expect(screen.raw()).not.toContain(RIGHT_BACKUP_CODE);
});

test.each([
  ['Esc', '\x1b'],
  ['Ctrl-C', '\x03'],
])('%s at the prompt cancels', async (_name, key) => {
  const screen = start('gated', 'connect');
  await screen.sees('Esc: cancel');
  screen.press(key);
  await screen.sees('Cancelled. You are not connected.');
  expect(await screen.exitCode).toBe(8);
});

test('a terminal window that is closed disconnects', async () => {
  const screen = start('open', 'connect');
  await screen.sees('Connected to main · ');
  screen.kill();
  const calls = join(desk.dir, 'calls');
  for (const deadline = Date.now() + 10_000; !existsSync(calls) && Date.now() < deadline; )
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(readFileSync(calls, 'utf8')).toBe('start connect disconnect stop');
});

test('a prompt that became obsolete is withdrawn and the new reason told', async () => {
  const screen = start('gated', 'connect');
  await screen.sees('Esc: cancel');
  screen.press('12');
  serverEnds();
  await screen.sees('Your administrator ended this connection');
  await screen.sees('Esc: cancel');
  // Ctrl-U, in case the early keys came after the new prompt had opened.
  screen.press(`\x15${RIGHT_CODE}\r`);
  await screen.sees('Connected to main.');
  screen.press('\x03');
  expect(await screen.exitCode).toBe(0);
});

test('a PIN is never on the screen, and the fifth wrong one ends in the set-up of another', async () => {
  const screen = start('pin', 'connect');
  for (const told of ['4 tries left', '3 tries left', '2 tries left', 'Last try.']) {
    await screen.sees('Esc: cancel');
    screen.press('118822\r');
    await screen.sees(told);
  }
  await screen.sees('Esc: cancel');
  screen.press('118822\r');
  await screen.sees('Five wrong PINs were entered on this device');
  await screen.sees('Set up a PIN now?');
  screen.press('yes\r');
  await screen.sees('New PIN:');
  screen.press('111111\r');
  await screen.sees('One character over and over');
  screen.press('864207x\r');
  await screen.sees('The same again:');
  screen.press('864207x\r');
  await screen.sees('to allow this:');
  screen.press(`${RIGHT_CODE}\r`);
  await screen.sees('The PIN is set on this device.');
  await screen.sees('PIN for main:');
  screen.press('864207x\r');
  await screen.sees('Connected to main.');
  screen.press('\x03');
  expect(await screen.exitCode).toBe(0);
  for (const secret of ['118822', '864207x', RIGHT_CODE]) expect(screen.raw()).not.toContain(secret);
});

test('nothing set up: the set-up is offered, and no to it ends the command', async () => {
  const screen = start('not-set-up', 'connect');
  await screen.sees('this device has none yet');
  await screen.sees('Set up a PIN now?');
  screen.press('no\r');
  expect(await screen.exitCode).toBe(14);
});

test('Ctrl-C takes back the question of the system and nothing else; Tab leads to the PIN', async () => {
  const screen = start('system', 'connect');
  await screen.sees('press Enter');
  screen.press('\r');
  await screen.sees("Waiting for the system's sign-in");
  screen.press('\x03');
  await screen.sees('Taken back. That costs no try.');
  await screen.sees('press Enter');
  screen.press('\t');
  await screen.sees('PIN for main:');
  screen.press(`${RIGHT_PIN}\r`);
  await screen.sees('Connected to main.');
  screen.press('\x03');
  expect(await screen.exitCode).toBe(0);
  expect(readFileSync(join(desk.dir, 'calls'), 'utf8')).toContain(
    'submitProof uv-soft cancelPrompt submitProof pin',
  );
});
