import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inNetns } from '../../lab/stack/namespaces.ts';
import { tryRun } from '../../lab/stack/run.ts';
import { readStackFile } from '../../lab/stack/stack-json.ts';
import type { StackFile } from '../../src-shared/stack-file.ts';

export const checkout = path.dirname(path.dirname(import.meta.dirname));
const START_LIMIT_MS = 90_000;

export interface StackProcess {
  pid: number;
  folder: string;
  /** Everything that it has printed. */
  output: () => string;
  /** Resolves with what is in `stack.json`; rejects with the output when the process ends first. */
  ready(): Promise<StackFile>;
  kill(signal: NodeJS.Signals): void;
  /** Exit code, or the name of the signal. */
  ended: Promise<number | NodeJS.Signals | null>;
}

/** `npm run stack` without npm: the same script, as a process that can be killed. */
export function startStackProcess(folder: string, args: readonly string[] = []): StackProcess {
  const script = path.join(checkout, 'scripts/stack.ts');
  return follow(spawn(process.execPath, [script, '--dir', folder, ...args], { cwd: checkout }), folder);
}

/** Follows a child process that brings up a stack in `folder`. */
export function follow(child: ChildProcess, folder: string): StackProcess {
  let output = '';
  let end: number | NodeJS.Signals | null | undefined;
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const { promise: ended, resolve } = Promise.withResolvers<number | NodeJS.Signals | null>();
  child.on('exit', (code, signal) => {
    end = code ?? signal;
    resolve(end);
  });
  return {
    pid: child.pid ?? 0,
    folder,
    ended,
    output: () => output,
    kill: (signal) => void child.kill(signal),
    async ready() {
      const until = Date.now() + START_LIMIT_MS;
      while (Date.now() < until && end === undefined) {
        const file = existsSync(folder) ? readStackFile(folder) : null;
        if (file !== null && output.includes('Ready.')) return file;
        await sleep(50);
      }
      throw new Error(`the stack did not come up (${end ?? 'still starting'}):\n${output}`);
    },
  };
}

/** Runs a program in a namespace, e.g. as the laptop. */
export async function inside(netns: string, command: readonly string[]) {
  const [file = '', ...args] = inNetns(netns, command);
  return tryRun(file, args);
}

/** Whether a web page answers in a namespace, within two seconds. */
export async function answers(netns: string, url: string): Promise<boolean> {
  const script =
    'fetch(process.argv[1],{signal:AbortSignal.timeout(2000)}).then(a=>process.exit(a.ok?0:1),()=>process.exit(1))';
  return (await inside(netns, [process.execPath, '-e', script, url])).code === 0;
}

/** `pst3-laptop` → `pst3-`: what everything of this stack is called. */
export function prefixOf(file: StackFile): string {
  return file.laptop.netns.replace(/laptop$/, '');
}

/**
 * Everything on this machine that belongs to the stack with this prefix (`pst3-`) and folder, in words. Once it has
 * ended, another stack may take its number, and with it the names.
 */
export function traces(prefix: string, folder: string): string[] {
  const claim = `/run/lock/postern-stack-${/\d+/.exec(prefix)?.[0]}.lock.pid`;
  const owner = readIfThere(() => readFileSync(claim, 'utf8'));
  const isOurs =
    owner === '' || readIfThere(() => readFileSync(`/proc/${owner}/cmdline`, 'utf8')).includes(folder);
  const named = (place: string) =>
    (isOurs && existsSync(place) ? readdirSync(place) : [])
      .filter((name) => name.startsWith(prefix))
      .map((name) => path.join(place, name));
  return [
    ...named('/run/netns'),
    ...named('/sys/class/net'),
    ...named('/var/run/wireguard'),
    ...processesOf(isOurs ? prefix : folder, folder).map(({ pid, command }) => `process ${pid}: ${command}`),
  ];
}

/** Processes of this user namespace whose command line names the stack's folder or one of its interfaces. */
export function processesOf(prefix: string, folder: string): { pid: number; command: string }[] {
  const found: { pid: number; command: string }[] = [];
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const command = readIfThere(() => readFileSync(`/proc/${name}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    const userNamespace = readIfThere(() => readlinkSync(`/proc/${name}/ns/user`));
    if (Number(name) === process.pid || userNamespace !== readlinkSync('/proc/self/ns/user')) continue;
    if (command.includes(folder) || command.includes(prefix)) found.push({ pid: Number(name), command });
  }
  return found;
}

/** What a process shows of itself; empty when it has ended meanwhile or is not ours. */
function readIfThere(read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      ['ENOENT', 'ESRCH', 'EACCES'].includes(String(error.code))
    )
      return '';
    throw error;
  }
}

/** Asks every 50 ms until `isTrue`, for at most `limitMs`. Resolves to whether it became true. */
export async function eventually(isTrue: () => boolean, limitMs: number): Promise<boolean> {
  for (const until = Date.now() + limitMs; Date.now() < until; await sleep(50)) if (isTrue()) return true;
  return isTrue();
}
