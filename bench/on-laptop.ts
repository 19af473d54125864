import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { checkout, programPath } from '../lab/stack/folders.ts';
import { run } from '../lab/stack/run.ts';
import type { RunningStack } from '../lab/stack/start-stack.ts';
import type { Sample } from './stats.ts';

export interface BenchStack {
  stack: RunningStack;
  signal: AbortSignal;
}

/**
 * The clients run where a laptop would: in the laptop's network, with its keyring and its helper. What the parts are,
 * and how many members each takes from `first` on, is in `laptop-main.ts`. With
 * `byName` they ask the home router for the server's name. Rejects when a client does not get through.
 */
export function onLaptop(
  { stack, signal }: BenchStack,
  part: 'codes' | 'pin' | 'obedient',
  first: number,
  count: number,
  variant?: string,
  byName = false,
): Promise<Sample[]> {
  const script = path.join(import.meta.dirname, 'laptop-main.ts');
  const { targetNetns, target } = stack.plan;
  const where = [path.join(stack.folder, 'stack.json'), targetNetns, target];
  const what = [part, String(first), String(count), ...(variant === undefined ? [] : [variant])];
  const command = [programPath('node'), script, ...where, ...what, ...(byName ? ['by-name'] : [])];
  const child = spawn(stack.laptop.shell, byName ? withHomeResolver(stack, command) : command, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  signal.addEventListener('abort', () => child.kill());
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code !== 0) return reject(new Error(`the clients ended with ${code}`));
      const lines = output.trim().split('\n');
      resolve(lines.map((line): Sample => JSON.parse(line)));
    });
  });
}

/** The namespaces of the laptop are of its network alone, so the machine's resolver would be asked. */
function withHomeResolver({ folder, plan }: RunningStack, command: readonly string[]): string[] {
  const file = path.join(folder, 'resolv.conf');
  writeFileSync(file, `nameserver ${plan.routed?.uplinks[0].router4}\n`);
  return [
    'unshare',
    '--mount',
    'sh',
    '-c',
    'mount --bind "$0" /etc/resolv.conf && exec "$@"',
    file,
    ...command,
  ];
}

/** `postern-server policy set`, as an administrator would on the running server. */
export async function setPolicy(stack: RunningStack, words: string[]): Promise<void> {
  const config = path.join(stack.folder, 'server/server.toml');
  const entry = path.join(checkout, 'src-server/cli.ts');
  await run(process.execPath, [entry, 'policy', 'set', ...words, '--config', config]);
}
