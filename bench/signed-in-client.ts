import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { type FreshCodes, freshSteps } from '../lab/totp-steps.ts';
import type { ClientCore } from '../src-client/core.ts';
import { createClientCore } from '../src-client/create-core.ts';
import type { Snapshot } from '../src-client/snapshot/snapshot.ts';
import type { Phase } from '../src-shared/connection-state.ts';
import type { Result } from '../src-shared/problem.ts';
import type { StackFile } from '../src-shared/stack-file.ts';
import type { BenchMember } from './bench.ts';
import { nowNs } from './probe.ts';

/**
 * A client with a profile of its own, signed in with the code of the step before; two codes are left. Signed out and
 * gone when `work` is done.
 */
export async function withSignedInClient(
  stack: StackFile,
  member: BenchMember,
  work: (core: ClientCore, codes: FreshCodes) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-bench-'));
  const core = createClientCore({ log: pino({ level: 'warn' }, pino.destination(2)), profileFolder: folder });
  try {
    const codes = await freshSteps(member.totpSecret);
    await core.start();
    const { email, password } = member;
    const signIn = { serverUrl: stack.serverUrl, caFile: stack.caFile, email, password };
    const first = must(await core.signIn(signIn));
    if (first.step !== 'mfa') throw new Error(`expected to be asked for a code, got ${first.step}`);
    must(await core.signInMfa(first.mfaToken, 'totp', codes.previous));
    await work(core, codes);
    must(await core.signOut('cli'));
  } finally {
    await core.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.detail}`);
  return result.value;
}

/** When the core first shows `phase`, CLOCK_MONOTONIC nanoseconds. */
export function reaches(core: ClientCore, phase: Phase): Promise<number> {
  return new Promise((resolve) => {
    const look = (snapshot: Snapshot): void => {
      if (snapshot.connection.phase !== phase) return;
      stop();
      resolve(nowNs());
    };
    const stop = core.subscribe(look);
  });
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
