import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { problem } from '../src-shared/problem.ts';
import { exitCodes } from './context/exit-codes.ts';
import { makeProfile, runScripted } from './testing/run-scripted.ts';
import {
  administratorReason,
  createScriptedCore,
  RIGHT_BACKUP_CODE,
  RIGHT_CODE,
} from './testing/scripted-core.ts';

let profile: ReturnType<typeof makeProfile>;
beforeEach(() => {
  profile = makeProfile();
});
afterEach(() => profile.remove());

const gated = () => createScriptedCore({ isSignedIn: true, isGated: true });
const open = () => createScriptedCore({ isSignedIn: true, isGated: false });

describe('connect', () => {
  test('asks at the gate, connects with the right code, and disconnects once at an interrupt', async () => {
    const core = gated();
    const run = runScripted(core, profile.dir, ['connect']);
    await run.sees('Code for main:');
    run.type('482 913');
    await run.sees('Connected to main.');
    run.signal();
    expect(await run.exitCode).toBe(exitCodes.done.code);
    expect(run.out().match(/Disconnected\./g)).toHaveLength(1);
    expect(core.calls).toEqual(['start', 'connect', 'submitProof totp', 'disconnect', 'stop']);
    expect(run.out() + run.err()).not.toContain(RIGHT_CODE);
  });

  test('turns into the gate by itself when the server ends the connection, and says why', async () => {
    const core = open();
    const run = runScripted(core, profile.dir, ['connect']);
    await run.sees('Connected to main.');
    core.endByServer(administratorReason('sign-in from a \u001b[2Jnew country', 'INC-7'));
    await run.sees('Code for main:');
    expect(run.out()).toMatch(
      /Your administrator ended this connection at .*: sign-in from a new country \(incident INC-7\)\. Enter a code to reconnect\./,
    );
    expect(run.out()).not.toContain('\u001b');
    run.type(RIGHT_CODE);
    await run.sees(/Connected to main\.[\s\S]*Connected to main\./);
    run.signal();
    expect(await run.exitCode).toBe(0);
  });

  test('asks for the gateway that the question has turned to, and says why', async () => {
    const core = gated();
    const run = runScripted(core, profile.dir, ['connect']);
    await run.sees('Code for main:');
    core.turnGate('second');
    await run.sees(/main does not answer\. Postern goes on at second\.[\s\S]*Code for second:/);
    run.type(RIGHT_CODE);
    await run.sees('Connected to');
    run.signal();
    expect(await run.exitCode).toBe(0);
    expect(run.out().match(/Postern goes on at/g)).toHaveLength(1);
  });

  test('a wrong, a used and a throttled code are told apart, and the gate stays open', async () => {
    const core = gated();
    core.refuseNext(
      problem('invalid-code', undefined, { attemptsLeft: 3 }),
      problem('code-already-used', undefined, { nextCodeInMs: 12_000 }),
      problem('too-many-attempts', undefined, { retryAfterMs: 27_000 }),
    );
    const run = runScripted(core, profile.dir, ['connect']);
    for (const told of ['3 tries left', 'Already used. Next code in 12 s.', 'Try again in 27 s.']) {
      await run.sees('Code for main:');
      run.type('111111');
      await run.sees(told);
    }
    run.type(RIGHT_CODE);
    await run.sees('Connected to main.');
    run.signal();
    await run.exitCode;
  });

  test('what cannot be a code is refused here and never sent', async () => {
    const core = gated();
    const run = runScripted(core, profile.dir, ['connect']);
    run.type('12345');
    await run.sees('six digits');
    run.type('1234567');
    await run.sees(/six digits[\s\S]*six digits/);
    expect(core.calls).not.toContain('submitProof totp');
    run.type('cancel');
    expect(await run.exitCode).toBe(exitCodes.cancelled.code);
    expect(core.calls).toContain('cancel');
  });

  test('b switches to a backup code', async () => {
    const core = gated();
    const run = runScripted(core, profile.dir, ['connect']);
    run.type('b');
    await run.sees('Backup code for main:');
    run.type(RIGHT_BACKUP_CODE.toLowerCase());
    await run.sees('Connected to main.');
    expect(core.calls).toContain('submitProof backup-code');
    run.signal();
    await run.exitCode;
  });

  test('a question that became another one is withdrawn, and the answer goes to the new one', async () => {
    const core = gated();
    const run = runScripted(core, profile.dir, ['connect', '--json']);
    await run.sees('"event":"prompt"');
    core.endByServer(administratorReason('second'));
    await run.sees('"event":"prompt-withdrawn"');
    run.type(RIGHT_CODE);
    await run.sees('"phase":"connected"');
    const prompts = run.events().filter(({ event }) => event === 'prompt');
    expect(new Set(prompts.map(({ challengeId }) => challengeId)).size).toBe(2);
    run.signal();
    await run.exitCode;
  });

  test('--json prints one object per line, proofs with their problem, and no code', async () => {
    const core = gated();
    const run = runScripted(core, profile.dir, ['connect', '--json']);
    run.type('111111');
    run.type(RIGHT_CODE);
    await run.sees('"phase":"connected"');
    run.signal();
    expect(await run.exitCode).toBe(0);
    const proofs = run.events().filter(({ event }) => event === 'proof');
    expect(proofs).toMatchObject([{ ok: false, problem: { code: 'invalid-code' } }, { ok: true }]);
    expect(run.events().at(-1)).toEqual({ event: 'exit', name: 'done', code: 0 });
    expect(run.out()).not.toContain(RIGHT_CODE);
    expect(run.out()).not.toContain('bm9uY2U');
    expect(run.err()).toBe('');
  });

  test('an expiring lease is renewed without the tunnel going down', async () => {
    const core = open();
    const run = runScripted(core, profile.dir, ['connect']);
    await run.sees('Connected to main.');
    core.announceExpiry();
    await run.sees('Enter a code to keep it without a break.');
    run.type(RIGHT_CODE);
    await run.sees('Renewed.');
    expect(core.calls).toEqual(['start', 'connect', 'renew', 'submitProof totp']);
    run.signal();
    await run.exitCode;
  });

  test('a gate without input to read from is closed', async () => {
    const core = gated();
    const run = runScripted(core, profile.dir, ['connect']);
    run.endInput();
    expect(await run.exitCode).toBe(exitCodes.proof.code);
    expect(core.calls).toEqual(['start', 'connect', 'cancel', 'stop']);
  });

  test('an end without a way back is told with its reason', async () => {
    const core = open();
    const run = runScripted(core, profile.dir, ['connect']);
    await run.sees('Connected to main.');
    core.set({ phase: 'signed-out', reason: { ...administratorReason('x'), code: 'member-blocked' } });
    expect(await run.exitCode).toBe(exitCodes.signedOut.code);
    expect(run.out()).toContain('Your administrator blocked this account at');
    expect(run.err()).toContain('Ask your administrator.');
  });

  test('a gateway that is removed is told, with the others, and no code is asked for', async () => {
    const core = open();
    const [main] = core.snapshot().gateways;
    if (!main) throw new Error('no gateway');
    core.change({
      gateways: [main, { ...main, id: 'b', name: 'Oslo 2' }, { ...main, id: 'c', isOnline: false }],
    });
    const run = runScripted(core, profile.dir, ['connect']);
    await run.sees('Connected to main.');
    const reason = { ...administratorReason('x'), code: 'gateway-removed' };
    core.set({ phase: 'disconnected', cause: null, reason, source: 'server' });
    expect(await run.exitCode).toBe(exitCodes.endedByServer.code);
    expect(run.out()).toContain('Your administrator removed this gateway at');
    expect(run.out()).toContain("You may use Oslo 2: postern connect 'Oslo 2'");
    expect(run.out()).not.toContain('Code for');
  });

  test('a second interrupt quits at once', async () => {
    const core = open();
    core.disconnect = () => new Promise(() => undefined);
    const run = runScripted(core, profile.dir, ['connect']);
    await run.sees('Connected to main.');
    run.signal();
    run.signal();
    expect(run.quits).toEqual([exitCodes.interrupted.code]);
    core.set({ phase: 'disconnected', cause: null, reason: null, source: 'cli' });
    await run.exitCode;
  });

  test.each(['', ' '])('a gateway without a name (%j) is a wrong command line', async (name) => {
    const core = open();
    const nameless = runScripted(core, profile.dir, ['connect', '--gateway', name]);
    expect(await nameless.exitCode).toBe(exitCodes.usage.code);
    expect(nameless.err()).toContain('--gateway');
    expect(core.calls).toEqual([]);
  });

  test('an unknown gateway is refused with the ones there are', async () => {
    const run = runScripted(open(), profile.dir, ['connect', '--gateway', 'nowhere']);
    expect(await run.exitCode).toBe(exitCodes.gateway.code);
    expect(run.err()).toContain('There is no gateway "nowhere". You may use: main.');
  });

  test('signed out, locked and missing keyrings are told apart', async () => {
    const out = createScriptedCore({ isSignedIn: false, isGated: true });
    expect(await runScripted(out, profile.dir, ['connect']).exitCode).toBe(exitCodes.signedOut.code);
    out.change({ keychain: 'locked' });
    const locked = runScripted(out, profile.dir, ['connect']);
    expect(await locked.exitCode).toBe(exitCodes.keychain.code);
    expect(locked.err()).toContain('Unlock your keyring');
    const lockedSession = {
      serverUrl: 'https://vpn.example',
      serverName: 'Example',
      email: 'ada@example.com',
    };
    out.change({ lockedSession });
    const named = runScripted(out, profile.dir, ['connect']);
    expect(await named.exitCode).toBe(exitCodes.keychain.code);
    expect(named.err()).toContain('ada@example.com on Example');
    const asked = runScripted(out, profile.dir, ['status']);
    expect(await asked.exitCode).toBe(exitCodes.keychain.code);
    expect(asked.out()).toContain('ada@example.com on Example');
    out.change({ lockedSession: null });
    out.change({ keychain: 'unavailable' });
    const missing = runScripted(out, profile.dir, ['connect', '--json']);
    expect(await missing.exitCode).toBe(exitCodes.keychain.code);
    expect(missing.events()).toMatchObject([
      { event: 'error', problem: { code: 'keychain-unavailable' } },
      { event: 'exit', code: exitCodes.keychain.code },
    ]);
  });
});

describe('beside a running connect', () => {
  test('a second connect is refused with the process and what to do', async () => {
    const first = runScripted(open(), profile.dir, ['connect']);
    await first.sees('Connected to main.');
    const second = runScripted(open(), profile.dir, ['connect']);
    expect(await second.exitCode).toBe(exitCodes.busy.code);
    expect(second.err()).toContain(`process ${process.pid}`);
    expect(second.err()).toContain('postern disconnect');
    first.signal();
    await first.exitCode;
  });

  test('disconnect ends it, and both say so', async () => {
    const first = runScripted(open(), profile.dir, ['connect']);
    await first.sees('Connected to main.');
    const second = runScripted(open(), profile.dir, ['disconnect']);
    expect(await second.exitCode).toBe(0);
    expect(second.out()).toContain('Disconnected.');
    expect(await first.exitCode).toBe(0);
    expect(first.out()).toContain('another terminal');
    const third = runScripted(open(), profile.dir, ['disconnect']);
    expect(await third.exitCode).toBe(0);
    expect(third.out()).toContain('Nothing to disconnect');
  });

  test('status asks it, and status --watch follows it', async () => {
    const core = open();
    const first = runScripted(core, profile.dir, ['connect']);
    await first.sees('Connected to main.');
    const status = runScripted(open(), profile.dir, ['status', '--json']);
    expect(await status.exitCode).toBe(0);
    expect(status.events()[0]).toMatchObject({
      event: 'status',
      pid: process.pid,
      phase: 'connected',
      rxBytes: 1234,
    });
    const watch = runScripted(open(), profile.dir, ['status', '--watch']);
    await watch.sees('Connected to main.');
    core.endByServer(administratorReason('odd'));
    await watch.sees('Enter a code to reconnect.');
    first.signal();
    await first.exitCode;
    await watch.sees('No connection is running.');
    watch.signal();
    expect(await watch.exitCode).toBe(0);
  });

  test('renew asks in its own terminal and leaves the tunnel up', async () => {
    const core = open();
    const first = runScripted(core, profile.dir, ['connect']);
    await first.sees('Connected to main.');
    const renew = runScripted(open(), profile.dir, ['renew']);
    await renew.sees('Code for main:');
    renew.type('111111');
    await renew.sees('3 tries left');
    renew.type(RIGHT_CODE);
    expect(await renew.exitCode).toBe(0);
    expect(renew.out()).toContain('Renewed.');
    await first.sees('Renewed.');
    expect(core.calls).not.toContain('disconnect');
    first.signal();
    await first.exitCode;
  });

  test('sign-out and gateways go through it; sign-in is refused', async () => {
    const core = open();
    const first = runScripted(core, profile.dir, ['connect']);
    await first.sees('Connected to main.');
    const gateways = runScripted(open(), profile.dir, ['gateways']);
    expect(await gateways.exitCode).toBe(0);
    expect(gateways.out()).toMatch(/^main {2}online/);
    expect(await runScripted(open(), profile.dir, ['sign-in']).exitCode).toBe(exitCodes.busy.code);
    expect(await runScripted(open(), profile.dir, ['sign-out']).exitCode).toBe(0);
    expect(await first.exitCode).toBe(0);
    expect(core.calls).toContain('signOut');
  });

  test('renew without a connection says so', async () => {
    expect(await runScripted(open(), profile.dir, ['renew']).exitCode).toBe(exitCodes.notConnected.code);
  });
});

describe('gateways', () => {
  test('are listed with how near they are, and one that may not work is named', async () => {
    const core = open();
    const known = core.snapshot().gateways;
    const other = '01890000-0000-7000-8000-00000000000b';
    core.change({
      gateways: [
        ...known,
        { id: other, name: 'far', endpoint: null, isOnline: true, trouble: 'forward-\u001b[2Jdrop' },
      ],
    });
    const run = runScripted(core, profile.dir, ['gateways']);
    expect(await run.exitCode).toBe(0);
    expect(run.out()).toMatch(/^main {2}online {3}12 ms {2}01890000/m);
    expect(run.out()).toMatch(/^far {3}online {7}– {2}01890000/m);
    expect(run.out()).toContain('far may not pass your traffic on. Your administrators see why');
    expect(core.calls).toEqual(['start', 'measureGateways', 'stop']);
    const json = runScripted(core, profile.dir, ['gateways', '--json']);
    await json.exitCode;
    expect(json.events()[0]).toMatchObject({
      gateways: [
        { name: 'main', trouble: null, rttMs: 12 },
        { name: 'far', trouble: 'forward-drop', rttMs: null },
      ],
    });
  });

  test('one that may not pass traffic on is told while connected, and when it does again', async () => {
    const core = open();
    const run = runScripted(core, profile.dir, ['connect']);
    await run.sees('Connected to main.');
    const { connection } = core.snapshot();
    if (connection.phase !== 'connected') throw new Error(connection.phase);
    core.set({ ...connection, health: 'degraded' });
    await run.sees('Connected to main, but it may not pass your traffic on (your administrators see why).');
    const status = runScripted(open(), profile.dir, ['status', '--json']);
    await status.exitCode;
    expect(status.events()[0]).toMatchObject({
      phase: 'connected',
      health: 'degraded',
      checks: expect.arrayContaining([
        expect.objectContaining({ part: 'connection', isFine: false, nextStep: null }),
      ]),
    });
    const [main] = core.snapshot().gateways;
    if (main) core.change({ gateways: [main, { ...main, id: '01890000-0000-7000-8000-00000000000b' }] });
    const better = runScripted(open(), profile.dir, ['status']);
    await better.exitCode;
    expect(better.out()).toContain("Choose another one: 'postern gateways'.");
    core.set({ ...connection, health: 'good' });
    await run.sees(/may not pass[\s\S]*Connected to main\./);
    run.signal();
    await run.exitCode;
  });
});

describe('a command line that is not understood', () => {
  test.each([
    [['connect', '--sideways', '--json'], /unknown option '--sideways'/],
    [['gateway', '--json'], /unknown (command|option)/],
    [['guard', 'never', '--json'], /there is no 'guard never'/],
    [['--json'], /./],
  ])('%j is a JSON error to a program', async (argv, detail) => {
    const run = runScripted(open(), profile.dir, argv);
    expect(await run.exitCode).toBe(exitCodes.usage.code);
    expect(run.events()).toEqual([
      {
        event: 'error',
        problem: {
          code: 'invalid-request',
          title: expect.any(String),
          detail: expect.stringMatching(detail),
        },
        nextStep: expect.any(String),
      },
      { event: 'exit', name: 'usage', code: exitCodes.usage.code },
    ]);
    expect(run.err()).toBe('');
  });

  test('is a sentence to a person, with help where the command is missing', async () => {
    const wrong = runScripted(open(), profile.dir, ['connect', '--sideways']);
    expect(await wrong.exitCode).toBe(exitCodes.usage.code);
    expect(wrong.err()).toMatch(/^error: unknown option '--sideways'/);
    expect(wrong.out()).toBe('');
    const missing = runScripted(open(), profile.dir, []);
    expect(await missing.exitCode).toBe(exitCodes.usage.code);
    expect(missing.err()).toContain('Usage: postern');
  });
});
