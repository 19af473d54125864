import { afterEach, beforeEach, expect, test } from 'vitest';
import { fail, problem } from '../src-shared/problem.ts';
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
  run.endInput();
  expect(await run.exitCode).toBe(exitCodes.signedOut.code);
  expect(run.err()).toBe("E-mail or password is wrong.\nRun 'postern sign-in' again.\n");
});

test('a wrong password may be mended twice, and server and address are kept', async () => {
  const core = fresh();
  const run = runScripted(core, profile.dir, ['sign-in']);
  run.type('vpn.example');
  run.type('ada@example.com');
  run.type('wrong');
  await run.sees('E-mail or password is wrong. 2 tries left.');
  await run.sees('Password for ada@example.com:');
  run.type('wrong again');
  await run.sees('E-mail or password is wrong. Last try.');
  run.type(PASSWORD);
  run.type(RIGHT_CODE);
  expect(await run.exitCode).toBe(0);
  expect(run.out().match(/Server \(https/g)).toHaveLength(1);
  expect(run.out().match(/E-mail:/g)).toHaveLength(1);
  expect(core.calls.filter((call) => call === 'signIn')).toHaveLength(3);
});

test('after three wrong passwords the program ends', async () => {
  const core = fresh();
  const run = runScripted(core, profile.dir, ['sign-in', ...SERVER]);
  for (const word of ['one', 'two', 'three', PASSWORD]) run.type(word);
  expect(await run.exitCode).toBe(exitCodes.signedOut.code);
  expect(core.calls.filter((call) => call === 'signIn')).toHaveLength(3);
});

test('a server that does not answer may be mended, one that was given ends the program', async () => {
  const unreachable = () => {
    const core = fresh();
    const { serverInfo } = core;
    core.serverInfo = async (url, ca) =>
      url === 'https://vpn.exmaple' ? fail('server-unreachable') : serverInfo(url, ca);
    return core;
  };
  const typed = runScripted(unreachable(), profile.dir, ['sign-in', '--email', 'ada@example.com']);
  typed.type('vpn.exmaple');
  await typed.sees('2 tries left.');
  typed.type('vpn.example');
  typed.type(PASSWORD);
  typed.type(RIGHT_CODE);
  expect(await typed.exitCode).toBe(0);
  const given = runScripted(unreachable(), profile.dir, ['sign-in', '--server', 'vpn.exmaple']);
  expect(await given.exitCode).toBe(exitCodes.server.code);
});

test('without input or terminal it ends at once, and says what is needed', async () => {
  const run = runScripted(fresh(), profile.dir, ['sign-in', ...SERVER]);
  run.endInput();
  expect(await run.exitCode).toBe(exitCodes.proof.code);
  expect(run.out()).toContain('Run it in a terminal, or give one answer a line.');
});

test('the link of the set-up in place of a code is named, and costs no try', async () => {
  const core = fresh();
  const run = runScripted(core, profile.dir, ['sign-in', ...SERVER]);
  run.type(PASSWORD);
  run.type('otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP&digits=6&period=30');
  await run.sees('not a code. Type the six digits');
  run.type('\u200fCode: \u0664\u0668\u0662\u00a0\u0669\u0661\u0663');
  expect(await run.exitCode).toBe(0);
  expect(core.calls.filter((call) => call.startsWith('signInMfa'))).toEqual(['signInMfa totp']);
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

test('a temporary password is replaced on the way: typed twice, and another one asked for where it is weak', async () => {
  const core = createScriptedCore({ isSignedIn: false, isGated: true, isTemporary: true });
  const run = runScripted(core, profile.dir, ['sign-in', ...SERVER]);
  run.type(PASSWORD);
  run.type(RIGHT_CODE);
  await run.sees('That password is temporary');
  run.type('my own long password');
  run.type('not that one');
  await run.sees('That was not the same password.');
  run.type(PASSWORD);
  run.type(PASSWORD);
  await run.sees('Choose another one.');
  run.type('my own long password');
  run.type('my own long password');
  expect(await run.exitCode).toBe(0);
  expect(run.out()).toContain('Signed in to Example as ada@example.com.');
  expect(run.out() + run.err()).not.toContain('my own long password');
});

test('without a new password there is no session', async () => {
  const core = createScriptedCore({ isSignedIn: false, isGated: true, isTemporary: true });
  const run = runScripted(core, profile.dir, ['sign-in', ...SERVER, '--json']);
  run.type(PASSWORD);
  run.type(RIGHT_CODE);
  await run.sees('"kind":"new-password"');
  run.endInput();
  expect(await run.exitCode).toBe(exitCodes.proof.code);
  expect(core.calls).not.toContain('signInNewPassword');
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
