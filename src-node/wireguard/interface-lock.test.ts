import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockInterface } from './interface-lock.ts';

describe('the claim on an interface name', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-lock-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is given once, and again after it was released, leaving no file', async () => {
    const first = await lockInterface('wg7', directory);
    expect(first?.wasAbandoned).toBe(false);
    expect(await lockInterface('wg7', directory)).toBeNull();
    expect(await lockInterface('wg8', directory)).not.toBeNull();
    await first?.release();
    expect(await readdir(directory)).toEqual(['wg8.lock']);
    expect((await lockInterface('wg7', directory))?.wasAbandoned).toBe(false);
  });

  it('is given, and called abandoned, after its holder was killed', async () => {
    const script = `const { lockInterface } = await import(${JSON.stringify(new URL('./interface-lock.ts', import.meta.url).href)});
      await lockInterface('wg7', ${JSON.stringify(directory)}); console.log('held'); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    expect(await lockInterface('wg7', directory)).toBeNull();
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect((await lockInterface('wg7', directory))?.wasAbandoned).toBe(true);
  });
});
