import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, type } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { type RunningStack, startStack } from '../scripts/stack/start-stack.ts';
import { benchApp } from './app.ts';
import { openBench } from './laptop.ts';
import { residentMemory, signInsPerSecond, startTime } from './server-figures.ts';
import { type Row, Samples } from './stats.ts';
import { printTable } from './table.ts';

/** `npm run bench [-- --rows FILE] [REPEATS]`; `RTT_MS` puts a relay with that round trip between the ends. */
const program = new Command('bench')
  .description('Measure the step-up cycle on the local stack and write bench/results.json.')
  .option('--rows <file>', 'append the rows to this file as JSON lines')
  .argument('[repeats]', 'how often each cycle runs', '30')
  .parse();
const repeats = Number(program.args[0] ?? '30');
const { rows: rowsFile } = program.opts<{ rows?: string }>();
const rttMs = Number(process.env.RTT_MS ?? '0');
if (!Number.isInteger(repeats) || repeats < 1 || repeats > 400) program.error('repeats: expected 1 to 400');
if (!Number.isInteger(rttMs) || rttMs < 0 || rttMs > 5000) program.error('RTT_MS: expected 0 to 5000');

/** Members of their own, since every code counts once. */
const SIGN_INS = 20;

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => abort.abort(new Error(signal)));
const folder = mkdtempSync(path.join(tmpdir(), 'postern-bench-'));
try {
  const stack = await startStack({
    folder,
    members: 2 * repeats + SIGN_INS,
    gateways: 1,
    rttMs,
    onStep: (step, tookMs) => console.error(`  ${step} (${Math.round(tookMs)} ms)`),
    signal: abort.signal,
  });
  let rows: Row[];
  try {
    rows = [...(await onLaptop(stack)), ...(await aroundServer(stack))];
  } finally {
    await stack.stop();
  }
  // The window has a stack of its own and is measured without a delay between the ends.
  if (rttMs === 0) rows.push(...(await benchApp()));
  printTable(rows, rttMs);
  const machine = `${type()} ${release()}, ${cpus().length} cpu, Node ${process.version}`;
  const report = { machine, rttMs, takenAt: new Date().toISOString(), rows };
  writeFileSync(path.join(import.meta.dirname, 'results.json'), `${JSON.stringify(report, null, 2)}\n`);
  if (rowsFile) appendFileSync(rowsFile, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The clients run where a laptop would: in the laptop's network, with its keyring and its helper. */
function onLaptop(stack: RunningStack): Promise<Row[]> {
  const script = path.join(import.meta.dirname, 'laptop-main.ts');
  const { targetNetns, target } = stack.plan;
  const args = [process.execPath, script, path.join(stack.folder, 'stack.json'), targetNetns, target];
  const child = spawn(stack.laptop.shell, [...args, String(repeats)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  abort.signal.addEventListener('abort', () => child.kill());
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code !== 0) return reject(new Error(`the clients ended with ${code}`));
      resolve(
        output
          .trim()
          .split('\n')
          .map((line): Row => JSON.parse(line)),
      );
    });
  });
}

async function aroundServer(stack: RunningStack): Promise<Row[]> {
  const samples = new Samples();
  const helper = stack.laptop.parts.find((part) => part.name === 'helper');
  for (const [part, ready] of [
    [stack.server, /^listening on/],
    [stack.gateways[0], /^in sync/],
    [helper, /^ready$/],
  ] as const) {
    if (!part) continue;
    startTime(part, ready, samples);
    residentMemory(part, samples);
  }
  const { stack: file, api } = await openBench(path.join(stack.folder, 'stack.json'));
  await signInsPerSecond({ ...file, members: file.members.slice(-SIGN_INS) }, api, samples);
  await api.close();
  return samples.rows();
}
