import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, type } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { type RunningStack, startStack } from '../lab/stack/start-stack.ts';
import { benchApp } from './app.ts';
import { openBench } from './bench.ts';
import { kickUnderSignIns, STRANGERS } from './kick-under-sign-ins.ts';
import { onLaptop, setPolicy } from './on-laptop.ts';
import { benchPanelLists } from './panel-lists.ts';
import { benchPast } from './past.ts';
import { CHECKING_DEVICES, proofChecksPerSecond } from './proof-checks.ts';
import { benchRouted } from './routed.ts';
import { residentMemory, SIGN_INS_AT_ONCE, signInsPerSecond, startTime } from './server-figures.ts';
import { benchSockets } from './socket-memory.ts';
import { type Row, Samples } from './stats.ts';
import { printTable } from './table.ts';

/** With fewer the server's own growth weighs more than they do. */
const SOCKETS = 1_500;

/** `npm run bench [-- --rows FILE] [REPEATS]`; `RTT_MS` puts a relay with that round trip between the ends. */
const program = new Command('bench')
  .description('Measure the step-up cycle on the local stack and write bench/results.json.')
  .option('--rows <file>', 'append the rows to this file as JSON lines')
  .option('--panel-lists', 'also the lists of the Control Panel over 1,000,000 audit rows (minutes)')
  .option('--sockets', `also the memory of ${SOCKETS} idle clients (a minute)`)
  .option(
    '--past [audit rows]',
    'also a server with two years behind it (5,000,000 rows: a quarter of an hour)',
  )
  .argument('[repeats]', 'how often each cycle runs', '30')
  .parse();
const repeats = Number(program.args[0] ?? '30');
const {
  rows: rowsFile,
  panelLists,
  past,
  sockets,
} = program.opts<{
  rows?: string;
  panelLists?: boolean;
  past?: string | true;
  sockets?: boolean;
}>();
const pastRows = past === undefined ? 0 : past === true ? 5_000_000 : Number(past);
if (past !== undefined && (!Number.isInteger(pastRows) || pastRows < 10_000 || pastRows > 50_000_000))
  program.error('--past: expected 10000 to 50000000 audit rows');
const rttMs = Number(process.env.RTT_MS ?? '0');
if (!Number.isInteger(repeats) || repeats < 1 || repeats > 400) program.error('repeats: expected 1 to 400');
if (!Number.isInteger(rttMs) || rttMs < 0 || rttMs > 5000) program.error('RTT_MS: expected 0 to 5000');

/** Members of their own for every part, since every code counts once. */
const CODE_MEMBERS = 2 * repeats;
const SIGN_INS = 20;
/** Each enters the PIN twice. */
const PIN_MEMBERS = Math.ceil(repeats / 2);

const abort = new AbortController();
const { signal } = abort;
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => abort.abort(new Error(name)));
const folder = mkdtempSync(path.join(tmpdir(), 'postern-bench-'));
try {
  const stack = await startStack({
    folder,
    members: CODE_MEMBERS + PIN_MEMBERS + SIGN_INS + CHECKING_DEVICES,
    gateways: 1,
    rttMs,
    net: 'flat',
    onStep: (step, tookMs) => console.error(`  ${step} (${Math.round(tookMs)} ms)`),
    signal,
  });
  let rows: Row[];
  try {
    const codes = new Samples();
    codes.addAll(await onLaptop({ stack, signal }, 'codes', 0, repeats));
    const around = await aroundServer(stack);
    await setPolicy(stack, ['unlockPriorConnection=true', 'totpPriorConnection=false']);
    const pin = new Samples();
    pin.addAll(await onLaptop({ stack, signal }, 'pin', CODE_MEMBERS, PIN_MEMBERS));
    rows = [...codes.rows(), ...pin.rows(), ...around, ...(await proofChecks(stack))];
  } finally {
    await stack.stop();
  }
  // The window has a stack of its own and is measured without a delay between the ends.
  if (rttMs === 0) rows.push(...(await benchApp()));
  rows.push(...(await benchRouted(repeats, rttMs, signal)));
  if (panelLists) rows.push(...(await benchPanelLists(repeats, (line) => console.error(`  ${line}`))));
  if (sockets) rows.push(...(await benchSockets(SOCKETS)));
  if (pastRows > 0) rows.push(...(await benchPast(pastRows, repeats, (line) => console.error(`  ${line}`))));
  printTable(rows, rttMs);
  const machine = `${type()} ${release()}, ${cpus().length} cpu, Node ${process.version}`;
  const report = { machine, rttMs, takenAt: new Date().toISOString(), rows };
  writeFileSync(path.join(import.meta.dirname, 'results.json'), `${JSON.stringify(report, null, 2)}\n`);
  if (rowsFile) appendFileSync(rowsFile, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
} finally {
  rmSync(folder, { recursive: true, force: true });
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
  const { stack: file, api } = await openBench(path.join(stack.folder, 'stack.json'), SIGN_INS_AT_ONCE);
  const first = CODE_MEMBERS + PIN_MEMBERS;
  await signInsPerSecond({ ...file, members: file.members.slice(first, first + SIGN_INS) }, api, samples);
  await api.close();
  await underFlood(stack, samples);
  return samples.rows();
}

async function underFlood(stack: RunningStack, samples: Samples): Promise<void> {
  const stackJson = path.join(stack.folder, 'stack.json');
  const [{ stack: file, api: caller }, { api: strangers }] = [
    await openBench(stackJson),
    await openBench(stackJson, STRANGERS),
  ];
  await kickUnderSignIns({ ...file, members: file.members.slice(-1) }, { caller, strangers }, samples);
  await caller.close();
  await strangers.close();
}

async function proofChecks(stack: RunningStack): Promise<Row[]> {
  const samples = new Samples();
  const { stack: file, api } = await openBench(path.join(stack.folder, 'stack.json'), CHECKING_DEVICES);
  const members = file.members.slice(-CHECKING_DEVICES);
  await proofChecksPerSecond({ ...file, members }, api, samples);
  await api.close();
  return samples.rows();
}
