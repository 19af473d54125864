import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { problem } from '../src-shared/problem.ts';
import { exitCodes } from './context/exit-codes.ts';
import { makeProfile, runScripted } from './testing/run-scripted.ts';
import {
  administratorReason,
  createScriptedCore,
  OTHER_DEVICE_ID,
  polkit,
  RIGHT_CODE,
  RIGHT_PIN,
  type ScriptedUnlock,
} from './testing/scripted-core.ts';

let profile: ReturnType<typeof makeProfile>;
beforeEach(() => {
  profile = makeProfile();
});
afterEach(() => profile.remove());

const WRONG_PIN = '118822';
const withPin = { pin: true, uvHw: false, uvSoft: false };
const withBoth = { pin: true, uvHw: false, uvSoft: true };
const gated = (unlock: ScriptedUnlock) => createScriptedCore({ isSignedIn: true, isGated: true, unlock });

describe('the gate', () => {
  test('asks for the PIN, and no PIN is in any output', async () => {
    const core = gated({ requires: ['unlock'], enrolled: withPin });
    const run = runScripted(core, profile.dir, ['connect']);
    await run.sees('Enter your PIN to connect to main.');
    run.type(RIGHT_PIN);
    await run.sees('Connected to main.');
    core.endByServer(administratorReason('odd'));
    await run.sees('Your administrator ended this connection');
    await run.sees('Enter your PIN to reconnect.');
    run.type(RIGHT_PIN);
    await run.sees(/Connected to main\.[\s\S]*Connected to main\./);
    run.signal();
    expect(await run.exitCode).toBe(0);
    expect(run.out() + run.err()).not.toContain(RIGHT_PIN);
    expect(core.calls.filter((call) => call.startsWith('submitProof'))).toEqual([
      'submitProof pin',
      'submitProof pin',
    ]);
  });

  test('with both policies asks for PIN and code and sends them in one go', async () => {
    const core = gated({ requires: ['totp', 'unlock'], enrolled: withPin });
    const run = runScripted(core, profile.dir, ['connect', '--json']);
    run.type(RIGHT_PIN);
    run.type(RIGHT_CODE);
    await run.sees('"phase":"connected"');
    run.signal();
    expect(await run.exitCode).toBe(0);
    expect(core.calls).toContain('submitProof pin+totp');
    const prompts = run.events().filter(({ event }) => event === 'prompt');
    expect(prompts.map(({ method }) => method)).toEqual(['pin', 'totp']);
    expect(run.out()).not.toContain(RIGHT_PIN);
    expect(run.out()).not.toContain(RIGHT_CODE);
  });

  test('tells tries left, announces the last one before it is used, and tells the lockout', async () => {
    const core = gated({ requires: ['unlock'], enrolled: withPin });
    const run = runScripted(core, profile.dir, ['connect']);
    for (const told of ['4 tries left', '3 tries left', '2 tries left', 'Last try.']) {
      run.type(WRONG_PIN);
      await run.sees(told);
    }
    run.type(WRONG_PIN);
    expect(await run.exitCode).toBe(exitCodes.unlock.code);
    expect(run.out() + run.err()).toContain('the PIN on this device is gone');
    expect(run.err()).toContain('postern pin set');
  });

  test('a question that is opened on the last try says so before', async () => {
    const core = gated({ requires: ['unlock'], enrolled: withPin });
    const first = runScripted(core, profile.dir, ['connect']);
    for (const told of ['4 tries', '3 tries', '2 tries', 'Last try.']) {
      first.type(WRONG_PIN);
      await first.sees(told);
    }
    first.type('cancel');
    await first.exitCode;
    const again = runScripted(core, profile.dir, ['connect']);
    await again.sees('Enter your PIN to connect to main. Last try. After this the PIN is removed');
    again.signal();
    await again.exitCode;
  });

  test('what cannot be a PIN is refused here and costs no try', async () => {
    const core = gated({ requires: ['unlock'], enrolled: withPin });
    const run = runScripted(core, profile.dir, ['connect']);
    run.type('12345');
    await run.sees('at least six characters');
    expect(core.calls).not.toContain('submitProof pin');
    run.type('cancel');
    expect(await run.exitCode).toBe(exitCodes.cancelled.code);
  });

  test('the system is asked only on demand; no to it is told, and the PIN is the other way', async () => {
    const core = gated({ requires: ['unlock'], enrolled: withBoth, providers: [polkit] });
    const run = runScripted(core, profile.dir, ['connect']);
    await run.sees('press Enter');
    expect(core.calls).not.toContain('submitProof uv-soft');
    run.type('');
    await run.sees("Waiting for the system's sign-in");
    core.answerSystem(false);
    await run.sees('did not accept the proof');
    run.type('other');
    await run.sees('PIN for main:');
    run.type(RIGHT_PIN);
    await run.sees('Connected to main.');
    run.signal();
    await run.exitCode;
    expect(core.calls).toEqual(expect.arrayContaining(['submitProof uv-soft', 'submitProof pin']));
  });

  test('a method that this computer cannot ask for is not offered', async () => {
    const obstacle = { ...polkit, obstacle: 'not-installed' as const };
    const core = gated({ requires: ['unlock'], enrolled: withBoth, providers: [obstacle] });
    const run = runScripted(core, profile.dir, ['connect', '--json']);
    await run.sees('"event":"prompt"');
    expect(run.events().find(({ event }) => event === 'prompt')).toMatchObject({ methods: ['pin'] });
    run.signal();
    await run.exitCode;

    const only = { pin: false, uvHw: false, uvSoft: true };
    const none = gated({ requires: ['unlock'], enrolled: only, providers: [obstacle] });
    const stuck = runScripted(none, profile.dir, ['connect']);
    expect(await stuck.exitCode).toBe(exitCodes.unlock.code);
    expect(stuck.out()).toContain('can ask for none');
  });

  test('a locked screen drops the question, and it is asked anew', async () => {
    const core = gated({ requires: ['unlock'], enrolled: withPin });
    const run = runScripted(core, profile.dir, ['connect', '--json']);
    await run.sees('"event":"prompt"');
    core.change({ unlock: { ...core.snapshot().unlock, lockCount: 1 } });
    await run.sees(/"event":"prompt-withdrawn"[\s\S]*"event":"prompt"/);
    run.type(RIGHT_PIN);
    await run.sees('"phase":"connected"');
    run.signal();
    await run.exitCode;
  });

  test('without a person nothing is set up: a clear error', async () => {
    const core = gated({ requires: ['unlock'] });
    const run = runScripted(core, profile.dir, ['connect', '--json']);
    expect(await run.exitCode).toBe(exitCodes.unlock.code);
    expect(run.events().find(({ event }) => event === 'error')).toMatchObject({
      problem: { code: 'unlock-not-enrolled' },
      nextStep: "Run 'postern pin set'.",
    });
  });
});

describe('pin', () => {
  const core = (enrolled = { pin: false, uvHw: false, uvSoft: false }) =>
    createScriptedCore({ isSignedIn: true, isGated: true, unlock: { requires: ['unlock'], enrolled } });

  test('set refuses weak and unequal PINs before a code is asked for, and takes the right ones', async () => {
    const scripted = core();
    const run = runScripted(scripted, profile.dir, ['pin', 'set']);
    run.type('123456');
    await run.sees('sequence');
    run.type(RIGHT_PIN);
    run.type(WRONG_PIN);
    await run.sees('not the same PIN');
    run.type(RIGHT_PIN);
    run.type(RIGHT_PIN);
    await run.sees('to allow this');
    expect(scripted.calls).not.toContain('setPin totp');
    run.type('111111');
    await run.sees('did not match');
    run.type(RIGHT_CODE);
    expect(await run.exitCode).toBe(0);
    expect(scripted.pin()).toBe(RIGHT_PIN);
    expect(run.out() + run.err()).not.toMatch(new RegExp(`${RIGHT_PIN}|${RIGHT_CODE}`));
  });

  test('set where there is one and change where there is none say which command is meant', async () => {
    const set = runScripted(core(withPin), profile.dir, ['pin', 'set']);
    expect(await set.exitCode).toBe(exitCodes.busy.code);
    expect(set.err()).toContain('pin change');
    const change = runScripted(core(), profile.dir, ['pin', 'change', '--json']);
    expect(await change.exitCode).toBe(exitCodes.unlock.code);
    expect(change.events()[0]).toMatchObject({ event: 'error' });
  });

  test('test counts wrong ones and says when it was right; remove removes', async () => {
    const scripted = core(withPin);
    const run = runScripted(scripted, profile.dir, ['pin', 'test']);
    run.type(WRONG_PIN);
    await run.sees('4 tries left');
    run.type(RIGHT_PIN);
    expect(await run.exitCode).toBe(0);
    expect(run.out()).toContain('That was the right PIN.');
    const remove = runScripted(scripted, profile.dir, ['pin', 'remove']);
    expect(await remove.exitCode).toBe(0);
    expect(scripted.pin()).toBeNull();
  });

  test('goes through a running connect', async () => {
    const scripted = core(withPin);
    const connect = runScripted(scripted, profile.dir, ['connect']);
    await connect.sees('PIN for main:');
    connect.type(RIGHT_PIN);
    await connect.sees('Connected to main.');
    const change = runScripted(createScriptedCore({ isSignedIn: false, isGated: true }), profile.dir, [
      'pin',
      'change',
    ]);
    for (const line of ['864207x', '864207x', RIGHT_CODE]) change.type(line);
    expect(await change.exitCode, change.err()).toBe(0);
    expect(scripted.pin()).toBe('864207x');
    connect.signal();
    await connect.exitCode;
  });

  test('signed out is told', async () => {
    const run = runScripted(createScriptedCore({ isSignedIn: false, isGated: true }), profile.dir, [
      'pin',
      'set',
    ]);
    expect(await run.exitCode).toBe(exitCodes.signedOut.code);
  });
});

describe('biometrics', () => {
  test('on takes a code, test asks the system, off turns it off', async () => {
    const core = gated({ requires: ['unlock'], providers: [polkit] });
    const on = runScripted(core, profile.dir, ['biometrics', 'on']);
    on.type(RIGHT_CODE);
    expect(await on.exitCode).toBe(0);
    const tried = runScripted(core, profile.dir, ['biometrics', 'test', '--json']);
    tried.type('');
    await tried.sees('"kind":"system"');
    core.answerSystem(true);
    expect(await tried.exitCode).toBe(0);
    const off = runScripted(core, profile.dir, ['biometrics', 'off']);
    expect(await off.exitCode).toBe(0);
    expect(core.snapshot().unlock.enrolled).toMatchObject({ uvSoft: false });
  });

  test('on where nothing can ask costs no code and says what is missing', async () => {
    const core = gated({ requires: ['unlock'], providers: [{ ...polkit, obstacle: 'asks-nobody' }] });
    const run = runScripted(core, profile.dir, ['biometrics', 'on']);
    expect(await run.exitCode).toBe(exitCodes.unlock.code);
    expect(run.err()).toContain('without asking anybody');
    expect(core.calls).not.toContain('turnOnBiometrics totp');
    const status = runScripted(core, profile.dir, ['biometrics', 'status']);
    expect(await status.exitCode).toBe(0);
    expect(status.out()).toContain('PIN: not set up');
  });
});

describe('devices', () => {
  test('lists them without control characters, and removes by id', async () => {
    const core = gated({ requires: ['unlock'], enrolled: withPin });
    const list = runScripted(core, profile.dir, ['devices']);
    expect(await list.exitCode).toBe(0);
    expect(list.out()).toContain('this device');
    expect(list.out()).not.toContain('\u001b');
    const json = runScripted(core, profile.dir, ['devices', '--json']);
    expect(await json.exitCode).toBe(0);
    expect(json.events()[0]).toMatchObject({ event: 'devices', devices: [{ isThis: true }, {}] });
    const remove = runScripted(core, profile.dir, ['devices', 'remove', OTHER_DEVICE_ID]);
    expect(await remove.exitCode).toBe(0);
    expect(core.calls).toContain(`removeDevice ${OTHER_DEVICE_ID}`);
    const unknown = runScripted(core, profile.dir, ['devices', 'remove', 'nobody', '--json']);
    expect(await unknown.exitCode).toBe(exitCodes.failed.code);
    expect(unknown.events()[0]).toMatchObject({ problem: { code: 'device-not-found' } });
  });
});

test('a renewal in another terminal is answered with the PIN', async () => {
  const core = gated({ requires: ['unlock'], enrolled: withPin });
  const connect = runScripted(core, profile.dir, ['connect']);
  await connect.sees('PIN for main:');
  connect.type(RIGHT_PIN);
  await connect.sees('Connected to main.');
  const renew = runScripted(core, profile.dir, ['renew']);
  await renew.sees('PIN for main:');
  core.refuseNext(problem('wrong-pin', undefined, { attemptsLeft: 3, retryAfterMs: 30_000 }));
  renew.type(WRONG_PIN);
  await renew.sees('3 tries left, then the PIN is removed on this device. Try again in 30 s.');
  renew.type(RIGHT_PIN);
  expect(await renew.exitCode).toBe(0);
  connect.signal();
  await connect.exitCode;
});
