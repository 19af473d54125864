import { existsSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Where the unit tests of one run make their folders, for vitest's `globalSetup`. SQLite and whoever writes keys wait for
 * the disk; in memory that costs a hundredth of the time, and is as much written when a program is killed.
 */
const MEMORY = '/dev/shm';
const ENOUGH_BYTES = 1024 ** 3;

export const unitFolder = path.join(hasRoom(MEMORY) ? MEMORY : tmpdir(), `postern-unit-${process.pid}`);

function hasRoom(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize >= ENOUGH_BYTES;
}

export function setup(): void {
  mkdirSync(unitFolder, { recursive: true });
}

export function teardown(): void {
  rmSync(unitFolder, { recursive: true, force: true });
}
