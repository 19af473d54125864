import { afterEach, beforeEach, expect, test } from 'vitest';
import { exitCodes } from './context/exit-codes.ts';
import { makeProfile, runScripted } from './testing/run-scripted.ts';
import { createScriptedCore } from './testing/scripted-core.ts';

let profile: ReturnType<typeof makeProfile>;
beforeEach(() => {
  profile = makeProfile();
});
afterEach(() => profile.remove());

test('what is not well has what to do below it, and the exit code tells', async () => {
  const core = createScriptedCore({ isSignedIn: true, isGated: false });
  core.change({ keychain: 'unavailable', clockOffsetMs: 60_000 });
  const asked = runScripted(core, profile.dir, ['doctor']);
  expect(await asked.exitCode).toBe(exitCodes.failed.code);
  expect(asked.out()).toMatch(/WRONG {2}.*clock.*\n {7}Turn on automatic date and time\.\n/);
  const told = runScripted(core, profile.dir, ['doctor', '--json']);
  await told.exitCode;
  const [event] = told.events();
  expect(event).toMatchObject({ event: 'doctor', ok: false });
  expect(event).toMatchObject({
    checks: expect.arrayContaining([expect.objectContaining({ id: 'keyring', ok: false })]),
  });
});

test('a computer that is only not connected is well', async () => {
  const core = createScriptedCore({ isSignedIn: true, isGated: false });
  const asked = runScripted(core, profile.dir, ['doctor']);
  expect(await asked.exitCode).toBe(exitCodes.done.code);
  expect(asked.out()).not.toContain('WRONG');
});
