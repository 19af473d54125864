import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { startEmptyBus, startKeyring } from '../testing/keyring.ts';

const folder = mkdtempSync(join(tmpdir(), 'pst-unlock-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** In a process of its own, because libsecret keeps the first bus that it finds. */
async function run(env: Record<string, string>, steps: string[]): Promise<unknown> {
  const probe = join(import.meta.dirname, 'testing/secrets-probe.ts');
  const { NODE_COMPILE_CACHE } = process.env;
  const child = spawn(process.execPath, [probe], {
    env: { ...env, NODE_COMPILE_CACHE },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(steps));
  return JSON.parse(await text(child.stdout));
}

test('what is missing is missing, locked is locked, and only a set-up makes anything new', async () => {
  const first = await startKeyring(folder, 'right');
  expect(
    await run(first.env, [
      'pepper',
      'device-key',
      'pepper',
      'sign-in',
      'device-key',
      'set-up',
      'pepper',
      'set-up',
    ]),
  ).toEqual({
    answers: [
      ...['unlock-key-missing', 'unlock-key-missing', 'unlock-key-missing'],
      ...['ok', 'ok', '32 bytes', 'the same', 'the same'],
    ],
    seen: ['ok', 'ok', 'ok'],
  });
  await first.stop();

  const locked = await startKeyring(folder, 'wrong');
  const refused = Array.from({ length: 3 }, () => 'keychain-locked');
  expect(await run(locked.env, ['pepper', 'device-key', 'set-up'])).toEqual({
    answers: refused,
    seen: ['locked', 'locked', 'locked'],
  });
  await locked.stop();

  const again = await startKeyring(folder, 'right');
  expect(await run(again.env, ['pepper', 'remove', 'pepper', 'remove'])).toEqual({
    answers: ['32 bytes', 'ok', 'unlock-key-missing', 'ok'],
    seen: ['ok'],
  });
  await again.stop();
}, 60_000);

test('where nobody keeps secrets, nothing is made up', async () => {
  const bus = await startEmptyBus(folder);
  expect(await run(bus.env, ['pepper', 'device-key', 'set-up'])).toEqual({
    answers: Array.from({ length: 3 }, () => 'keychain-unavailable'),
    seen: Array.from({ length: 3 }, () => 'unavailable'),
  });
  await bus.stop();
}, 60_000);
