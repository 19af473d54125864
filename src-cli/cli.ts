#!/usr/bin/env node
import { tmpdir } from 'node:os';
import pino from 'pino';
import { createClientCore } from '../src-client/create-core.ts';
import { versionText } from '../src-node/version.ts';
import { exitCodes } from './context/exit-codes.ts';
import { ownJob } from './context/job.ts';
import { openScreen } from './context/screen.ts';
import { runCli } from './run-cli.ts';
import { plainText } from './view/plain-text.ts';
import { fixed } from './view/words.ts';

// Silent unless asked: what a user should know is said in words.
const log = pino(
  { level: process.env.POSTERN_LOG_LEVEL ?? 'silent' },
  pino.destination({ fd: 2, sync: true }),
);

/** The one place where a bug, or a disk or folder that cannot be used, ends the program. */
function endUnexpectedly(error: unknown): void {
  log.error({ err: error }, 'ended unexpectedly');
  const message = plainText(error instanceof Error ? error.message : String(error));
  process.stderr.write(`Something unexpected went wrong: ${message}\n${fixed.moreInLog}\n`);
  process.exit(exitCodes.failed.code);
}
process.on('uncaughtException', endUnexpectedly);

const exitCode = await runCli({
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
  version: versionText(),
  onSignal(listener) {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => listener(signal));
  },
  openScreen,
  job: ownJob,
  quit: (code) => process.exit(code),
  openCore: ({ profileDir, helperSocket }) =>
    createClientCore({
      log,
      profileFolder: profileDir,
      env: process.env,
      ...(helperSocket === undefined ? {} : { helperSocket }),
    }),
});
process.exit(exitCode);
