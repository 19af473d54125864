import { createConnection, type Socket } from 'node:net';
import type { DeviceSummary } from '../../src-shared/client-api.ts';
import { fail, ok, parseProblem, problem, type Result } from '../../src-shared/problem.ts';
import type { View } from '../view/view-schema.ts';
import { readJsonLines, writeJsonLine } from './json-lines.ts';
import { type ControlLine, type ControlRequest, controlLine, type DeviceCall } from './protocol.ts';

type Answer = Extract<ControlLine, { type: 'answer' }>;

/** The running `connect`, as another terminal talks to it. One request at a time. */
export interface ControlClient {
  /** Process id of the running `connect`. */
  readonly pid: number;
  /** The view after the request was done; `server-unreachable` never: a `connect` that went away is `wrong-state`. */
  request(request: ControlRequest): Promise<Result<View>>;
  /** As `request`, for what `pin`, `biometrics` and `devices` ask; the devices come with `list`. */
  device(call: DeviceCall): Promise<Result<{ view: View; devices: DeviceSummary[] }>>;
  /** Calls back with every view that follows a `watch`. */
  onView(listener: (view: View) => void): void;
  /** Settles when the running `connect` ended or `close` was called. */
  readonly ended: Promise<void>;
  close(): void;
}

/** `none`: no such socket. `stale`: nobody listens on it. `silent`: a process holds it but does not speak as expected. */
export type Opened =
  | { kind: 'open'; client: ControlClient }
  | { kind: 'none' }
  | { kind: 'stale' }
  | { kind: 'silent' };

/** A process that accepts but does not say hello for this long is given up as hanging. */
const HELLO_TIMEOUT_MS = 5000;

/** Opens the control socket and waits for its greeting. */
export async function openControl(path: string): Promise<Opened> {
  const socket = createConnection(path);
  const connected = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    socket.once('connect', () => resolve(null));
    socket.once('error', resolve);
  });
  if (connected?.code === 'ENOENT') return { kind: 'none' };
  if (connected?.code === 'ECONNREFUSED' || connected?.code === 'ENOTSOCK') return { kind: 'stale' };
  if (connected) throw connected;
  return talk(socket);
}

function talk(socket: Socket): Promise<Opened> {
  let pending: ((line: ControlLine | null) => void) | null = null;
  let listener: (view: View) => void = () => undefined;
  const ended = Promise.withResolvers<void>();
  const hello = Promise.withResolvers<Opened>();
  const settle = (line: ControlLine | null) => {
    const resolve = pending;
    pending = null;
    resolve?.(line);
  };
  async function exchange(request: ControlRequest): Promise<Result<Answer>> {
    const line = await new Promise<ControlLine | null>((resolve) => {
      pending = resolve;
      if (socket.destroyed || !socket.writable) settle(null);
      else writeJsonLine(socket, request);
    });
    if (line === null) return fail('wrong-state', 'The running connection ended meanwhile.');
    if (line.type === 'answer') return ok(line);
    const refusal = line.type === 'refused' ? parseProblem(line.problem) : problem('protocol-error');
    return { ok: false, problem: refusal };
  }
  const client = (pid: number): ControlClient => ({
    pid,
    ended: ended.promise,
    onView: (next) => {
      listener = next;
    },
    async request(request) {
      const answer = await exchange(request);
      return answer.ok ? ok(answer.value.view) : answer;
    },
    async device(call) {
      const answer = await exchange({ method: 'device', call });
      return answer.ok ? ok({ view: answer.value.view, devices: answer.value.devices ?? [] }) : answer;
    },
    close: () => socket.destroy(),
  });
  const giveUp = () => {
    hello.resolve({ kind: 'silent' });
    socket.destroy();
  };
  const timer = setTimeout(giveUp, HELLO_TIMEOUT_MS);
  readJsonLines(socket, (value) => {
    const parsed = controlLine.safeParse(value);
    if (!parsed.success) return giveUp();
    if (parsed.data.type === 'hello') {
      clearTimeout(timer);
      hello.resolve({ kind: 'open', client: client(parsed.data.pid) });
    } else if (parsed.data.type === 'view') listener(parsed.data.view);
    else settle(parsed.data);
  });
  // An error is followed by `close`, which settles everything.
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    clearTimeout(timer);
    settle(null);
    hello.resolve({ kind: 'stale' });
    ended.resolve();
  });
  return hello.promise;
}

/** Has the running `connect` take back the system's question; nothing happens where none runs any more. */
export async function takeBackPrompt(path: string): Promise<void> {
  const running = await openControl(path);
  if (running.kind !== 'open') return;
  await running.client.request({ method: 'cancel-prompt' });
  running.client.close();
}
