import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownJob } from '../../src-cli/context/job.ts';
import { openScreen } from '../../src-cli/context/screen.ts';
import { runCli } from '../../src-cli/run-cli.ts';
import {
  administratorReason,
  createScriptedCore,
  polkit,
  type ScriptedUnlock,
} from '../../src-cli/testing/scripted-core.ts';
import { problem } from '../../src-shared/problem.ts';

/**
 * The terminal client with everything real but the core: for what only a terminal shows. SIGUSR2 plays the server
 * that ends the connection. SCRIPT is `open`, `gated`, `used` and `throttled` (what the first code leads to), `signed-out`,
 * `pin` and `system` (what is set up where an unlock is asked for) or `not-set-up`.
 */
const script = process.env.SCRIPT ?? 'gated';
const profileDir = process.env.POSTERN_PROFILE ?? '';
const unlocks: Record<string, ScriptedUnlock> = {
  pin: { requires: ['unlock'], enrolled: { pin: true, uvHw: false, uvSoft: false } },
  system: {
    requires: ['unlock'],
    enrolled: { pin: true, uvHw: false, uvSoft: true },
    providers: [polkit],
  },
  'not-set-up': { requires: ['unlock'] },
};
const unlock = unlocks[script];
const core = createScriptedCore({
  isSignedIn: script !== 'signed-out',
  isGated: script !== 'open',
  ...(unlock ? { unlock } : {}),
});
if (script === 'used') core.refuseNext(problem('code-already-used', undefined, { nextCodeInMs: 60_000 }));
if (script === 'throttled')
  core.refuseNext(problem('too-many-attempts', undefined, { retryAfterMs: 60_000 }));
process.on('SIGUSR2', () => core.endByServer(administratorReason('sign-in from a new country', 'INC-7')));
writeFileSync(join(profileDir, 'pid'), String(process.pid));

const code = await runCli({
  argv: process.argv.slice(2),
  env: process.env,
  stdin: process.stdin,
  terminal: process.stdin.isTTY ? process.stdin : null,
  stdout: process.stdout,
  stderr: process.stderr,
  now: Date.now,
  pid: process.pid,
  uid: process.getuid?.() ?? 0,
  tmpDir: tmpdir(),
  version: '0.0.0',
  onSignal(listener) {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => listener(signal));
  },
  openScreen,
  job: ownJob,
  quit: (exitCode) => process.exit(exitCode),
  openCore: () => core,
});
writeFileSync(join(profileDir, 'calls'), core.calls.join(' '));
process.exit(code);
