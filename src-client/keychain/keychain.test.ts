import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { startEmptyBus, startKeyring } from '../testing/keyring.ts';

const folder = mkdtempSync(join(tmpdir(), 'pst-h4-keychain-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** In a process of its own, because libsecret keeps the first bus that it finds. */
async function run(env: Record<string, string>, steps: unknown[]): Promise<unknown[]> {
  const probe = join(import.meta.dirname, 'testing/probe.ts');
  const { NODE_COMPILE_CACHE } = process.env;
  const child = spawn(process.execPath, [probe], {
    env: { ...env, NODE_COMPILE_CACHE },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(steps));
  return JSON.parse(await text(child.stdout));
}

const SECRET = 'tökên \0 with a NUL';

describe('the keychain of the system', () => {
  it('keeps a secret across sessions, and tells locked from absent after a wrong password', async () => {
    const first = await startKeyring(folder, 'right');
    expect(
      await run(first.env, [
        { do: 'get', account: 'a' },
        { do: 'set', account: 'a', value: SECRET },
        { do: 'get', account: 'a' },
        { do: 'delete', account: 'nobody' },
      ]),
    ).toEqual([{ state: 'absent' }, 'ok', { state: 'ok', value: SECRET }, 'ok']);
    await first.stop();

    const locked = await startKeyring(folder, 'wrong');
    expect(
      await run(locked.env, [
        { do: 'get', account: 'a' },
        { do: 'set', account: 'a', value: 'other' },
        { do: 'set', account: 'new', value: 'other' },
        { do: 'delete', account: 'a' },
      ]),
    ).toEqual([{ state: 'locked' }, 'keychain-locked', 'keychain-locked', 'keychain-locked']);
    await locked.stop();

    const again = await startKeyring(folder, 'right');
    expect(
      await run(again.env, [
        { do: 'get', account: 'a' },
        { do: 'delete', account: 'a' },
        { do: 'get', account: 'a' },
      ]),
    ).toEqual([{ state: 'ok', value: SECRET }, 'ok', { state: 'absent' }]);
    await again.stop();
  }, 60_000);

  it('is unavailable where nobody keeps secrets, and no file takes its place', async () => {
    const bus = await startEmptyBus(folder);
    const steps = [
      { do: 'get', account: 'a' },
      { do: 'set', account: 'a', value: SECRET },
    ];
    const refused = [{ state: 'unavailable' }, 'keychain-unavailable'];
    expect(await run(bus.env, steps)).toEqual(refused);
    await bus.stop();
    expect(await run({}, steps)).toEqual(refused);
    expect(await run({ DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/nobody` }, steps)).toEqual(refused);
    expect(await run({ DBUS_SESSION_BUS_ADDRESS: 'carrier-pigeon:x=y' }, steps)).toEqual(refused);
  }, 60_000);
});
