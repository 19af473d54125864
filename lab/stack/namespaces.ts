import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, tryRun } from './run.ts';

/** Arguments that run a program inside a namespace; `nsenter` needs no mount, so it also works for ordinary users. */
export function inNetns(netns: string | undefined, command: readonly string[]): string[] {
  return netns === undefined ? [...command] : ['nsenter', `--net=/run/netns/${netns}`, '--', ...command];
}

/** Runs `ip` commands, one per line, as one batch; rejects with the line that failed. */
export async function ipBatch(netns: string | null, lines: readonly string[]): Promise<void> {
  const input = `${lines.join('\n')}\n`;
  await run('ip', [...(netns === null ? [] : ['-n', netns]), '-batch', '-'], { input });
}

/** Lines for `ipBatch`: a bridge, ready to use. */
export const bridge = (name: string): string[] => [
  `link add ${name} type bridge`,
  `link set ${name} addrgenmode none`,
  `link set ${name} up`,
];
/** Lines for `ipBatch`: an interface as a port of a bridge. */
export const port = (name: string, master: string): string[] => [
  `link set ${name} addrgenmode none master ${master}`,
  `link set ${name} up`,
];
/** A line for `ipBatch`: a link from here (`name`) into another namespace (`far`). */
export const cable = (netns: string, far: string, name: string): string =>
  `link add ${name} type veth peer name ${far} netns ${netns}`;

/** Writes kernel settings (`net/ipv4/…` → value) of one namespace. */
export async function setKernelSettings(netns: string, settings: Record<string, string>): Promise<void> {
  const script = Object.keys(settings)
    .map((key) => `echo ${settings[key]} > /proc/sys/${key}`)
    .join(' && ');
  const [file = '', ...args] = inNetns(netns, ['sh', '-c', script]);
  await run(file, args);
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Ends every process inside a namespace: TERM, and KILL for those that are still there after `graceMs`. */
async function endProcessesIn(netns: string, graceMs: number): Promise<void> {
  const until = Date.now() + graceMs;
  for (let round = 0; round < 200; round++) {
    const { stdout } = await tryRun('ip', ['netns', 'pids', netns]);
    const pids = stdout
      .split(/\s+/)
      .map(Number)
      .filter((pid) => pid > 1 && pid !== process.pid);
    if (pids.length === 0) return;
    const signal = Date.now() >= until ? 'SIGKILL' : round === 0 ? 'SIGTERM' : null;
    for (const pid of pids) if (signal) sendSignal(pid, signal);
    await sleep(25);
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/**
 * Removes whatever belongs to the stack with this prefix: processes in its namespaces, namespaces, links and
 * WireGuard sockets. Also cleans up after an owner that was killed; nothing there is no error.
 */
export async function removeEverything(prefix: string, graceMs: number): Promise<void> {
  const isOurs = (name: string) => name.startsWith(`${prefix}-`);
  const namespaces = listFolder('/run/netns').filter(isOurs);
  await Promise.all(namespaces.map((netns) => endProcessesIn(netns, graceMs)));
  for (const netns of namespaces) await run('ip', ['netns', 'delete', netns]);
  for (const link of listFolder('/sys/class/net').filter(isOurs)) {
    // Deleting a namespace deletes its ends of the links a moment later, so the link may be gone by now.
    await tryRun('ip', ['link', 'delete', link]);
  }
  for (const socket of listFolder('/var/run/wireguard').filter(isOurs))
    rmSync(path.join('/var/run/wireguard', socket), { force: true });
}
