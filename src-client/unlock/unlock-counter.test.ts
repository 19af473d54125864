import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createUnlockCounter } from './unlock-counter.ts';

const log = pino({ level: 'silent' });
const NOW = 1_795_000_000_000;
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pst-counter-'));
  file = join(folder, 'unlock-counter.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (now = NOW) => createUnlockCounter({ folder, now: () => now, log });
const numberOf = async (taken: Promise<{ ok: boolean; value?: number }>) => (await taken).value ?? -1;

test('a number is on disk before it is used, and none is given out twice', async () => {
  const counter = open();
  const taken = await Promise.all([1, 2, 3, 4].map(() => numberOf(counter.next('a'))));
  expect(taken).toEqual([NOW, NOW + 1, NOW + 2, NOW + 3]);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ a: NOW + 3 });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await numberOf(open().next('a'))).toBe(NOW + 4);
  expect(await numberOf(open().next('b'))).toBe(NOW);
});

test('a clock that was set back does not take it back', async () => {
  await open().next('a');
  expect(await numberOf(open(NOW - 86_400_000).next('a'))).toBe(NOW + 1);
});

test('a file that was lost or damaged leaves no number to be used twice; an older one falls behind', async () => {
  await open().next('a');
  const older = readFileSync(file);
  await open().next('a');
  rmSync(file);
  expect(await numberOf(open(NOW + 50).next('a'))).toBe(NOW + 50);
  writeFileSync(file, '{"a":');
  expect(await numberOf(open(NOW + 90_000).next('a'))).toBe(NOW + 90_000);
  expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toHaveLength(1);
  writeFileSync(file, older);
  const restored = open(NOW + 120_000);
  expect(await numberOf(restored.next('a'))).toBe(NOW + 1);
  expect(await numberOf(restored.renew('a'))).toBe(NOW + 120_000);
});

test('nothing is signed when the number cannot be kept', async () => {
  rmSync(folder, { recursive: true });
  writeFileSync(folder, 'in the way');
  expect(await open().next('a')).toMatchObject({ ok: false, problem: { code: 'unlock-unavailable' } });
});
