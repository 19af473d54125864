import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeProcessLock } from './process-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'postern-lock-'));
});
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** A process that takes the lock and keeps it until it is killed. */
async function holdElsewhere(file: string) {
  const script = `
    import { takeProcessLock } from ${JSON.stringify(path.join(import.meta.dirname, 'process-lock.ts'))};
    console.log(takeProcessLock(${JSON.stringify(file)}).isHeld);
    gc();
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const said = await new Promise<string>((resolve) =>
    child.stdout.once('data', (text) => resolve(String(text))),
  );
  return { child, said: said.trim() };
}

describe('a process lock', () => {
  it('names the process that holds it, and is free again when that process is killed', async () => {
    const file = path.join(folder, 'lock');
    const { child, said } = await holdElsewhere(file);
    expect(said).toBe('true');
    expect(takeProcessLock(file)).toEqual({ isHeld: false, holder: String(child.pid) });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    const lock = takeProcessLock(file);
    expect(lock.isHeld).toBe(true);
    if (lock.isHeld) lock.release();
  });

  it('can be taken again after it was released', () => {
    const file = path.join(folder, 'deep', 'lock');
    for (let round = 0; round < 3; round++) {
      const lock = takeProcessLock(file);
      expect(lock.isHeld).toBe(true);
      expect(takeProcessLock(file).isHeld).toBe(false);
      if (lock.isHeld) lock.release();
    }
  });
});
