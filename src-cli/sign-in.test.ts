import { afterEach, beforeEach, expect, test } from 'vitest';
import { problem } from '../src-shared/problem.ts';
import { parseServer } from './commands/sign-in.ts';
import { exitCodes } from './context/exit-codes.ts';
import { makeProfile, runScripted } from './testing/run-scripted.ts';
import { createScriptedCore, PASSWORD, RIGHT_BACKUP_CODE, RIGHT_CODE } from './testing/scripted-core.ts';

let profile: ReturnType<typeof makeProfile>;
beforeEach(() => {
  profile = makeProfile();
});
afterEach(() => profile.remove());

const SERVER = ['--server', 'https://vpn.example', '--email', 'ada@example.com'];
const fresh = (hasFactor = true) => createScriptedCore({ isSignedIn: false, isGated: true, hasFactor });

test('password and code are read as lines and shown nowhere', async () => {
  const run = runScripted(fresh(), profile.dir, ['sign-in', ...SERVER]);
  run.type(PASSWORD);
  run.type('111111');
  await run.sees('4 tries left');
  run.type(RIGHT_CODE);
  expect(await run.exitCode).toBe(0);
  expect(run.out()).toContain('Signed in to Example as ada@example.com.');
  expect(run.out() + run.err()).not.toMatch(new RegExp(`${PASSWORD}|${RIGHT_CODE}`));
});

test('server and e-mail are asked for when nobody gave them', async () => {
  const run = runScripted(fresh(), profile.dir, ['sign-in']);
  run.type('http://vpn.example');
  await run.sees('starts with https://');
  run.type('vpn.example');
  run.type('ada@example.com');
  run.type(PASSWORD);
  run.type(`backup ${RIGHT_BACKUP_CODE}`);
  expect(await run.exitCode).toBe(0);
});

test('a wrong password ends with the sentence, the next step and the exit code', async () => {
  const run = runScripted(fresh(), profile.dir, ['sign-in'], {
    POSTERN_SERVER: 'https://vpn.example',
  });
  run.type('ada@example.com');
  run.type('wrong');
  expect(await run.exitCode).toBe(exitCodes.signedOut.code);
  expect(run.err()).toBe("E-mail or password is wrong.\nRun 'postern sign-in' again.\n");
});

test('a sign-in that took too long says so instead of asking again', async () => {
  const core = fresh();
  core.refuseNext(problem('mfa-token-invalid'));
  const run = runScripted(core, profile.dir, ['sign-in', ...SERVER, '--json']);
  run.type(PASSWORD);
  run.type(RIGHT_CODE);
  expect(await run.exitCode).toBe(exitCodes.signedOut.code);
  expect(run.events()).toContainEqual(
    expect.objectContaining({
      event: 'error',
      problem: expect.objectContaining({ code: 'mfa-token-invalid' }),
    }),
  );
});

test('a required second factor is set up on the way, its backup codes shown once', async () => {
  const run = runScripted(fresh(false), profile.dir, ['sign-in', ...SERVER]);
  run.type(PASSWORD);
  await run.sees('JBSW Y3DP EHPK');
  await run.sees('otpauth://totp/');
  run.type('111111');
  await run.sees('That code did not match');
  run.type(RIGHT_CODE);
  await run.sees('ABCD-EFGH-JKMN');
  run.type('yes');
  await run.sees('Type the word "saved"');
  run.type('saved');
  await run.sees('Code from your authenticator app:');
  run.type(RIGHT_CODE);
  expect(await run.exitCode).toBe(0);
});

test('an address that is not https is refused before a password is asked for', async () => {
  const run = runScripted(fresh(), profile.dir, ['sign-in', '--server', 'http://vpn.example']);
  expect(await run.exitCode).toBe(exitCodes.usage.code);
  expect(run.out()).not.toContain('Password');
});

test.each([
  ['vpn.example', 'https://vpn.example'],
  ['https://vpn.example:8443/', 'https://vpn.example:8443'],
  ['https://vpn.example/team/', 'https://vpn.example/team'],
  ['http://vpn.example', null],
  ['ftp://vpn.example', null],
  ['https://user:pw@vpn.example', null],
  ['', null],
])('the server %j is read as %j', (text, url) => expect(parseServer(text)).toBe(url));

test('help lists every exit code and exits with 0, a wrong option with 2', async () => {
  const help = runScripted(fresh(), profile.dir, ['connect', '--help']);
  expect(await help.exitCode).toBe(0);
  for (const { code, meaning } of Object.values(exitCodes))
    expect(help.out()).toContain(`${code}  ${meaning}`);
  expect(help.out()).toContain('--json');
  const wrong = runScripted(fresh(), profile.dir, ['connect', '--password', 'x']);
  expect(await wrong.exitCode).toBe(exitCodes.usage.code);
});
