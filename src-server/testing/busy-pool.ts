import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** libuv's, unless the environment says otherwise. */
const THREADS = Number(process.env.UV_THREADPOOL_SIZE ?? 4);

/** Keeps every thread of libuv's pool busy while `work` runs: each waits to open a pipe that nobody writes to. */
export async function withBusyPool<T>(work: (release: () => Promise<void>) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-busy-pool-'));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const opening = Array.from({ length: THREADS }, () => open(pipe, 'r'));
  let isReleased = false;
  const release = async (): Promise<void> => {
    if (isReleased) return;
    isReleased = true;
    const writer = openSync(pipe, 'w');
    for (const handle of await Promise.all(opening)) await handle.close();
    closeSync(writer);
    rmSync(folder, { recursive: true });
  };
  try {
    return await work(release);
  } finally {
    await release();
  }
}
