import { readdirSync, readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';

const CLOCK_TICKS_PER_SECOND = 100;
const MIB = 1024 * 1024;

/** Fields of `/proc/<pid>/stat` after the program's name, which may hold spaces; null when the process is gone. */
function statOf(pid: number): string[] | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code)))
      return null;
    throw error;
  }
}

/** Processor time that these processes have used so far, seconds (`utime` and `stime`, proc(5)). */
export function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const stat = statOf(pid);
    return stat ? Number(stat[11]) + Number(stat[12]) : 0;
  });
  return ticks.reduce((sum, each) => sum + each, 0) / CLOCK_TICKS_PER_SECOND;
}

/** Every process that descends from `root`, with its command line. */
export function processesBelow(root: number): { pid: number; command: string }[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const stat = statOf(Number(name));
    if (stat) parents.set(Number(name), Number(stat[1]));
  }
  const found = new Set([root]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const [pid, parent] of parents)
      if (found.has(parent) && !found.has(pid)) {
        found.add(pid);
        grown = true;
      }
  }
  return [...found]
    .filter((pid) => statOf(pid) !== null)
    .map((pid) => ({ pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') }));
}

/** Heap of main after a collection, MiB. */
export function heapOfMain(desktop: { collectedHeapBytes(): Promise<number> }): Promise<number> {
  return desktop.collectedHeapBytes().then((bytes) => bytes / MIB);
}

/** Heap of the page after a collection, MiB. */
export async function heapOfPage(page: Page): Promise<number> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  await cdp.detach();
  return usedSize / MIB;
}
