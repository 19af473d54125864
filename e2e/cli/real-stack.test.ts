import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { nextCode, readAuthenticator } from '../../scripts/stack/authenticator.ts';
import { endSession } from '../../scripts/stack/integration-call.ts';
import { exitCodes } from '../../src-cli/exit-codes.ts';
import type { StackFile } from '../../src-shared/stack-file.ts';
import { answers, type StackProcess, startStackProcess } from '../stack/stack-process.ts';
import { openTerminal, type Terminal } from './pty.ts';

let folder: string;
let stack: StackProcess;
let file: StackFile;
const terminals: Terminal[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pst-cli-'));
  stack = startStackProcess(folder);
  file = await stack.ready();
});
afterAll(async () => {
  for (const terminal of terminals) terminal.kill();
  stack.kill('SIGTERM');
  await stack.ended;
  rmSync(folder, { recursive: true, force: true });
});

const laptop = (...args: string[]) => [path.join(folder, 'laptop-shell'), 'postern', ...args];
function terminal(...args: string[]): Terminal {
  const opened = openTerminal(laptop(...args), { ...process.env, TERM: 'xterm-256color' });
  terminals.push(opened);
  return opened;
}
/** Runs a command without a terminal and without input. */
function command(...args: string[]): Promise<{ exitCode: number; out: string }> {
  const [program = '', ...rest] = laptop(...args);
  return new Promise((resolve) => {
    const child = execFile(program, rest, (error, stdout, stderr) =>
      resolve({ exitCode: error ? Number(error.code ?? -1) : 0, out: stdout + stderr }),
    );
    child.stdin?.end();
  });
}
const statusLine = z.object({
  pid: z.number().nullable(),
  phase: z.string(),
  helper: z.string().nullable(),
  keychain: z.string(),
});
async function status() {
  const { out } = await command('status', '--json');
  return statusLine.parse(JSON.parse(out.split('\n')[0] ?? ''));
}

test('a person signs in, connects, is thrown out, comes back with the next code, and no secret is on any screen', async () => {
  const [member] = file.members;
  if (!member) throw new Error('the stack has no member');

  const signIn = terminal('sign-in', '--email', member.email);
  await signIn.sees('Password:');
  signIn.press(`${member.password}\r`);
  await signIn.sees('Code from your authenticator app:');
  const firstCode = readAuthenticator(member.totpSecret, Date.now()).code;
  const wrongCode = firstCode === '000000' ? '000001' : '000000';
  signIn.press(`${wrongCode}\r`);
  await signIn.sees('tries left');
  signIn.press(`${firstCode.slice(0, 3)} ${firstCode.slice(3)}\r`);
  await signIn.sees(`as ${member.email}.`);
  expect(await signIn.exitCode).toBe(0);

  const connect = terminal('connect');
  await connect.sees('Connected to ');
  await connect.sees(/received \d/);
  expect(await answers(file.laptop.netns, file.target.url)).toBe(true);
  const running = await status();
  expect(running).toMatchObject({
    phase: 'connected',
    helper: 'up',
    keychain: 'ok',
    pid: expect.any(Number),
  });
  const second = await command('connect');
  expect(second).toMatchObject({
    exitCode: exitCodes.busy.code,
    out: expect.stringContaining(`${running.pid}`),
  });

  const renew = terminal('renew');
  await renew.sees('Enter a code to keep it without a break.');
  await renew.sees('Code for ');
  renew.press('\x1b');
  expect(await renew.exitCode).toBe(exitCodes.cancelled.code);
  await connect.sees('Esc: later');
  connect.press('\x1b');
  await connect.sees("Run 'postern renew' to keep it.");
  expect(await status()).toMatchObject({ phase: 'connected' });

  const order = { memberId: member.id, reason: 'sign-in from a new \u001b[2Jcountry', incidentId: 'INC-7' };
  expect((await endSession(file, order)).answer.enforced).toBe(true);
  await connect.sees(/Your administrator ended this connection at .*: sign-in from a new country \(incident/);
  await connect.sees('Esc: cancel');
  connect.press(`${firstCode}\r`);
  await connect.sees(/already used/i);
  expect(await answers(file.laptop.netns, file.target.url)).toBe(false);
  const secondCode = await nextCode(member.totpSecret, firstCode, () => undefined);
  connect.press(`\x15${secondCode}\r`);
  await connect.sees('Connected to ');
  expect(await answers(file.laptop.netns, file.target.url)).toBe(true);

  process.kill((await status()).pid ?? Number.NaN, 'SIGKILL');
  await connect.exitCode;
  expect(existsSync(path.join(folder, 'laptop/profile/control.sock'))).toBe(true);
  expect(await status()).toMatchObject({ pid: null, phase: 'disconnected', helper: 'down' });
  const again = terminal('connect');
  await again.sees('Esc: cancel');
  again.press('\x03');
  expect(await again.exitCode).toBe(exitCodes.cancelled.code);

  expect((await command('sign-out')).exitCode).toBe(0);
  expect(await status()).toMatchObject({ phase: 'signed-out', keychain: 'absent' });
  expect((await command('connect')).exitCode).toBe(exitCodes.signedOut.code);

  const shown = terminals.map((screen) => screen.raw()).join('');
  for (const secret of [member.password, firstCode, secondCode, wrongCode, '\u001b[2Jcountry'])
    expect(shown).not.toContain(secret);
}, 180_000);
