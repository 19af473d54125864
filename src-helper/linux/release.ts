import { rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { hasNft, runNft } from '../../src-node/nft.ts';
import { HELPER_MAX_LINE_BYTES, rpcMessage } from '../../src-shared/helper-rpc.ts';
import { LineSplitter } from '../../src-shared/line-splitter.ts';
import { parseJson } from '../../src-shared/parse-json.ts';
import { fail, ok, parseProblem, type Result } from '../../src-shared/problem.ts';
import type { HelperConfig } from '../config.ts';
import { GUARD_FILE, readGuardFile, writeGuardFile } from '../guard/guard-file.ts';
import { released } from '../guard/known-guards.ts';
import { REMOVE_GUARD } from './guard-table.ts';
import { GUARD_BOOT_FILE } from './linux-platform.ts';

const ANSWER_LIMIT_MS = 10_000;

/**
 * Frees the computer: by the helper that runs, else by hand, so that one which hangs or does not start holds nobody.
 * `isHelperRunning`: it has done it.
 */
export async function release({
  socket,
  stateDir,
}: Pick<HelperConfig, 'socket' | 'stateDir'>): Promise<Result<{ isHelperRunning: boolean }>> {
  const answered = await askHelper(socket);
  if (answered !== null && (answered.ok || answered.problem.code !== 'helper-unavailable'))
    return answered.ok ? ok({ isHelperRunning: true }) : answered;
  const byHand = await releaseByHand(stateDir);
  if (!byHand.ok) return byHand;
  // One that was only just starting has read what there was before.
  const late = answered === null ? await askHelper(socket) : null;
  return late === null ? ok({ isHelperRunning: false }) : late.ok ? ok({ isHelperRunning: true }) : late;
}

async function releaseByHand(stateDir: string): Promise<Result<void>> {
  const file = join(stateDir, GUARD_FILE);
  await rm(join(stateDir, GUARD_BOOT_FILE), { force: true });
  const record = await readGuardFile(file).catch(() => null);
  // What is not to be understood would keep the helper from starting.
  if (record === null) await rm(file, { force: true });
  else await writeGuardFile(file, released(record, 'released-by-root', Date.now()));
  if (!hasNft()) return ok(undefined);
  return runNft(REMOVE_GUARD).then(
    () => ok(undefined),
    (error: Error) => fail('guard-failed', error.message),
  );
}

/** Null when no helper listens there. */
function askHelper(path: string): Promise<Result<unknown> | null> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const splitter = new LineSplitter(HELPER_MAX_LINE_BYTES);
    const end = (answer: Result<unknown> | null) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () =>
      socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'release', params: {} })}\n`),
    );
    socket.setTimeout(ANSWER_LIMIT_MS, () => end(fail('helper-unavailable', 'The helper does not answer.')));
    socket.on('data', (chunk: Buffer) => {
      for (const line of splitter.push(chunk).lines) {
        const parsed = rpcMessage.safeParse(parseJson(line));
        if (!parsed.success || 'method' in parsed.data) continue;
        end('error' in parsed.data ? { ok: false, problem: parseProblem(parsed.data.error.data) } : ok(null));
      }
    });
    socket.once('error', () => end(null));
    socket.once('close', () => resolve(null));
  });
}
