import { stat } from 'node:fs/promises';
import { connect as connectSocket, type Socket } from 'node:net';
import type { Logger } from 'pino';
import { createBackoff } from '../../src-node/backoff.ts';
import type { GuardMode } from '../../src-shared/guard.ts';
import {
  type AboutHelper,
  epochAnswer,
  HELPER_MAX_LINE_BYTES,
  type HelperFeature,
  type HelperMethod,
  type HelperStatus,
  helperStatus,
  type OverlapSide,
  rpcMessage,
} from '../../src-shared/helper-rpc.ts';
import { LineSplitter } from '../../src-shared/line-splitter.ts';
import { parseJson } from '../../src-shared/parse-json.ts';
import { fail, ok, type Problem, parseProblem, problem, type Result } from '../../src-shared/problem.ts';
import { errorCode } from '../control/network-problem.ts';

export const DEFAULT_HELPER_SOCKET = '/run/postern/helper.sock';
const CALL_TIMEOUT_MS = 15_000;

export interface HelperEvents {
  onReady(status: HelperStatus): void;
  onLost(cause: Problem): void;
  onStatus(status: HelperStatus): void;
}

export interface HelperClientOptions {
  socketPath: string;
  /** Who must own the socket: root, which inside a user namespace is 0 as well. */
  ownerUid?: number;
  random: () => number;
  log: Logger;
  events: HelperEvents;
  callTimeoutMs?: number;
}

/** The helper as main sees it. Answers are problems, never throws; while it is away every call is `helper-unavailable`. */
export interface HelperClient {
  readonly isReady: boolean;
  /** Null while it is away, and for one that is older than the question. */
  readonly about: AboutHelper | null;
  /** Keeps a connection open from now on. */
  start(): void;
  /** Tries now instead of later; resolves with whether the helper can be called. */
  ensure(): Promise<Result<void>>;
  up(lease: string, privateKey: string): Promise<Problem | null>;
  down(): Promise<Problem | null>;
  /** `not-supported` where the helper does not know the call. */
  refresh(): Promise<Problem | null>;
  /** The JWS of the server. This and the next three are `not-supported` where the helper holds nothing back. */
  guard(guard: string): Promise<Problem | null>;
  stricter(mode: GuardMode): Promise<Problem | null>;
  portal(): Promise<Problem | null>;
  release(): Promise<Problem | null>;
  /** Null: carried out, and the status after it was told. `not-supported` where the helper does not know the call. */
  overlap(side: OverlapSide): Promise<Problem | null>;
  /** The newest epoch that it has taken a lease of for this device; null: none, or it cannot say. */
  epoch(deviceId: string): Promise<number | null>;
  /** The server's word on its key. `not-supported` where the helper does not know the call. */
  leaseKey(statement: string): Promise<Problem | null>;
  status(): Promise<Result<HelperStatus>>;
  close(): void;
}

interface PendingCall {
  resolve(answer: Result<unknown>): void;
  timer: NodeJS.Timeout;
}

export function createHelperClient(options: HelperClientOptions): HelperClient {
  const { socketPath, ownerUid = 0, random, log, events, callTimeoutMs = CALL_TIMEOUT_MS } = options;
  const backoff = createBackoff({ random, baseMs: 100, maxMs: 3_000 });
  const pending = new Map<number, PendingCall>();
  let socket: Socket | null = null;
  let isReady = false;
  let about: AboutHelper | null = null;
  let isClosed = false;
  let lastCallId = 0;
  let opening: Promise<Result<void>> | null = null;
  let retryTimer: NodeJS.Timeout | undefined;

  function call(method: HelperMethod, params: Record<string, string>): Promise<Result<unknown>> {
    const open = socket;
    if (!open) return Promise.resolve(fail('helper-unavailable'));
    lastCallId += 1;
    const id = lastCallId;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        pending.delete(id);
        resolve(fail('tunnel-failed', 'The helper did not answer.'));
      }, callTimeoutMs);
      pending.set(id, { resolve, timer });
      open.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    });
  }

  async function status(): Promise<Result<HelperStatus>> {
    return asStatus(await call('status', {}));
  }

  function asStatus(answer: Result<unknown>): Result<HelperStatus> {
    if (!answer.ok) return answer;
    const parsed = helperStatus.safeParse(answer.value);
    return parsed.success ? ok(parsed.data) : fail('protocol-error', 'The helper speaks another version.');
  }

  function knows(feature: HelperFeature): boolean {
    return about?.features.includes(feature) === true;
  }

  /** A call that only a helper with the feature knows, answered with its status. */
  async function featureCall(
    feature: HelperFeature,
    method: HelperMethod,
    params: Record<string, string>,
  ): Promise<Problem | null> {
    if (isReady && !knows(feature)) return problem('not-supported');
    const answer = asStatus(await call(method, params));
    if (!answer.ok) return answer.problem;
    events.onStatus(answer.value);
    return null;
  }

  async function open(): Promise<Result<void>> {
    clearTimeout(retryTimer);
    const owner = await checkOwner(socketPath, ownerUid);
    if (owner) return lost(owner);
    const opened = await openSocket(socketPath);
    if (!opened.ok) return lost(opened.problem);
    if (isClosed) {
      opened.value.destroy();
      return fail('helper-unavailable');
    }
    socket = opened.value;
    listen(opened.value);
    const first = await status();
    if (!first.ok) {
      if (socket === opened.value) drop(first.problem);
      return first;
    }
    backoff.reset();
    isReady = true;
    const { version, features } = first.value;
    about = version === undefined || features === undefined ? null : { version, features };
    events.onReady(first.value);
    return ok(undefined);
  }

  function listen(open: Socket): void {
    const splitter = new LineSplitter(HELPER_MAX_LINE_BYTES);
    open.on('data', (chunk: Buffer) => {
      const { lines, overflow } = splitter.push(chunk);
      for (const line of lines) onLine(line);
      if (overflow) open.destroy();
    });
    open.on('error', (error) => log.info({ code: errorCode(error) }, 'helper socket failed'));
    open.on('close', () => {
      if (socket === open) drop(problem('helper-unavailable'));
    });
  }

  function onLine(line: string): void {
    const parsed = rpcMessage.safeParse(parseJson(line));
    if (!parsed.success) {
      log.warn('the helper sent a line that is no message');
      return;
    }
    const message = parsed.data;
    if ('method' in message) {
      events.onStatus(message.params);
      return;
    }
    const waiting = typeof message.id === 'number' ? pending.get(message.id) : undefined;
    if (!waiting || typeof message.id !== 'number') return;
    pending.delete(message.id);
    clearTimeout(waiting.timer);
    waiting.resolve(
      'result' in message ? ok(message.result) : { ok: false, problem: refusalOf(message.error) },
    );
  }

  /** The connection is gone: every open call is answered, and the helper takes its tunnel down by itself. */
  function drop(cause: Problem): void {
    const old = socket;
    socket = null;
    isReady = false;
    about = null;
    old?.destroy();
    for (const { resolve, timer } of pending.values()) {
      clearTimeout(timer);
      resolve({ ok: false, problem: cause });
    }
    pending.clear();
    lost(cause);
  }

  function lost(cause: Problem): { ok: false; problem: Problem } {
    if (!isClosed) {
      events.onLost(cause);
      clearTimeout(retryTimer);
      retryTimer = setTimeout(() => void ensure(), backoff.nextDelayMs());
    }
    return { ok: false, problem: cause };
  }

  function ensure(): Promise<Result<void>> {
    if (isReady) return Promise.resolve(ok(undefined));
    opening ??= open().finally(() => {
      opening = null;
    });
    return opening;
  }

  const asProblem = (answer: Result<unknown>) => (answer.ok ? null : answer.problem);
  return {
    get isReady() {
      return isReady;
    },
    get about() {
      return about;
    },
    start: () => void ensure(),
    ensure,
    up: async (lease, privateKey) => asProblem(await call('up', { lease, privateKey })),
    down: async () => asProblem(await call('down', {})),
    refresh: async () =>
      !isReady || knows('refresh') ? asProblem(await call('refresh', {})) : problem('not-supported'),
    guard: (guard) => featureCall('guard', 'guard', { guard }),
    stricter: (mode) => featureCall('guard', 'stricter', { mode }),
    portal: () => featureCall('guard', 'portal', {}),
    release: () => featureCall('guard', 'release', {}),
    async epoch(deviceId) {
      const answer = knows('epoch') ? await call('epoch', { deviceId }) : null;
      const parsed = epochAnswer.safeParse(answer?.ok ? answer.value : null);
      return parsed.success ? parsed.data.epoch : null;
    },
    overlap: (side) => featureCall('overlap', 'overlap', { side }),
    leaseKey: (statement) => featureCall('lease-key', 'lease-key', { statement }),
    status,
    close() {
      isClosed = true;
      clearTimeout(retryTimer);
      drop(problem('helper-unavailable'));
    },
  };
}

function refusalOf(error: { message: string; data?: unknown }): Problem {
  return error.data === undefined ? problem('protocol-error', error.message) : parseProblem(error.data);
}

/** Nothing is written to a socket that is not the system's: it could be anybody's, waiting for a private key. */
async function checkOwner(socketPath: string, ownerUid: number): Promise<Problem | null> {
  try {
    const found = await stat(socketPath);
    if (found.isSocket() && found.uid === ownerUid) return null;
    return problem('helper-untrusted');
  } catch (error) {
    return errorCode(error) === 'EACCES' ? problem('caller-not-allowed') : problem('helper-unavailable');
  }
}

function openSocket(socketPath: string): Promise<Result<Socket>> {
  return new Promise((resolve) => {
    const socket = connectSocket(socketPath);
    const onError = (error: Error) =>
      resolve(fail(errorCode(error) === 'EACCES' ? 'caller-not-allowed' : 'helper-unavailable'));
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.off('error', onError);
      resolve(ok(socket));
    });
  });
}
