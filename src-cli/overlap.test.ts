import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Overlap } from '../src-shared/overlap.ts';
import { exitCodes } from './context/exit-codes.ts';
import { makeProfile, runScripted, type ScriptedRun } from './testing/run-scripted.ts';
import { createScriptedCore } from './testing/scripted-core.ts';

let profile: ReturnType<typeof makeProfile>;
let core: ReturnType<typeof createScriptedCore>;
let running: ScriptedRun | null;
beforeEach(() => {
  profile = makeProfile();
  core = createScriptedCore({ isSignedIn: true, isGated: false });
  running = null;
});
afterEach(async () => {
  running?.signal();
  await running?.exitCode;
  profile.remove();
});

const home = (change: Partial<Overlap> = {}): Overlap => ({
  networks: ['192.168.1.0/24', 'fd00:1::/64\u001b[2J'],
  side: 'local',
  choice: 'open',
  ...change,
});
async function connected(overlap: Overlap | null) {
  core.change({ overlap });
  running = runScripted(core, profile.dir, ['connect']);
  await running.sees('Connected to main.');
  return running;
}
async function run(...argv: string[]) {
  const scripted = runScripted(core, profile.dir, argv);
  const code = await scripted.exitCode;
  const events = argv.includes('--json') ? scripted.events() : [];
  return { code, out: scripted.out(), err: scripted.err(), events };
}

test('connect and status name the network and the command, and say no more than that once it is chosen', async () => {
  const connect = await connected(home());
  await connect.sees('192.168.1.0/24, fd00:1::/64 is also the network here: it stays outside');
  await connect.sees("'postern overlap team'");
  expect(connect.out()).not.toContain('\u001b');
  const before = await run('status');
  expect(before.out).toMatch(/^Network +Your team's network 192\.168\.1\.0\/24.*until you choose\.$/m);
  expect(before.out).toContain("'postern overlap local'");
  const team = await run('overlap', 'team');
  expect(team.code).toBe(exitCodes.done.code);
  expect(team.out).toContain('it goes through the tunnel');
  expect(core.calls).toContain('chooseOverlap team');
  await connect.sees('as you chose for this network');
  const after = await run('status', '--json');
  expect(after.events[0]).toMatchObject({
    overlaps: [],
    overlap: { side: 'team', choice: 'made' },
    checks: expect.arrayContaining([expect.objectContaining({ part: 'network', isFine: true })]),
  });
});

test('overlap alone says how it is, also where there is none', async () => {
  await connected(null);
  expect((await run('overlap')).out).toBe('No network of your team is also the network here.\n');
  expect((await run('overlap', '--json')).events[0]).toEqual({ event: 'overlap', overlap: null });
  core.change({ overlap: home({ choice: 'made' }) });
  expect((await run('overlap')).out).toContain("Change it with 'postern overlap team'.");
  expect(core.calls.filter((call) => call.startsWith('chooseOverlap'))).toEqual([]);
});

test('what cannot be chosen is refused with why', async () => {
  await connected(null);
  const { code, err } = await run('overlap', 'team');
  expect(code).toBe(exitCodes.busy.code);
  expect(err).toContain('There is no choice.');
});

test('without a connection there is nothing to choose', async () => {
  const { code, err } = await run('overlap', 'local');
  expect(code).toBe(exitCodes.notConnected.code);
  expect(err).toContain('No connection is running');
});

test('a side that there is not is refused with those that there are', async () => {
  const { code, err } = await run('overlap', 'theirs');
  expect(code).toBe(exitCodes.usage.code);
  expect(err).toContain('There is: show, local, team');
});

test.each([
  ['guard' as const, 'team' as const, /because of what is held back\.$/m],
  ['none' as const, 'local' as const, /stays outside the tunnel\.\n.*Use another network/],
])('with %s nobody is asked', async (choice, side, told) => {
  await connected(home({ choice, side }));
  const { out } = await run('status');
  expect(out).toMatch(told);
  expect(out).not.toContain('postern overlap');
});
