import { chmod, rename, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { DeviceSummary } from '../../src-shared/client-api.ts';
import { firstIssue, type Problem, problem, type Result } from '../../src-shared/problem.ts';
import type { View } from '../view/view-schema.ts';
import { openControl } from './control-client.ts';
import { readJsonLines, writeJsonLine } from './json-lines.ts';
import { type ControlLine, type ControlRequest, controlRequest } from './protocol.ts';
import { preparePrivateFolder } from './socket-path.ts';

/** What a running `connect` does for other terminals. */
export interface ControlHandler {
  view(): View;
  /** Resolves with the devices for the call `list`. */
  handle(
    request: Exclude<ControlRequest, { method: 'status' | 'watch' }>,
  ): Promise<Result<DeviceSummary[]> | Result<void>>;
}

export interface ControlServer {
  /** Answers from now on, in place of a handler before; requests that came earlier were kept waiting. */
  serve(handler: ControlHandler): void;
  /** Tells every watcher. */
  publish(view: View): void;
  /** Lets answers out, then ends every connection and removes the socket. Idempotent. */
  close(): Promise<void>;
}

export type Claim =
  | { kind: 'owned'; server: ControlServer }
  | { kind: 'taken'; pid: number }
  | { kind: 'refused'; detail: string };

const listen = (server: Server, path: string) =>
  new Promise<NodeJS.ErrnoException | null>((resolve) => {
    server.once('error', resolve);
    server.listen(path, () => {
      server.off('error', resolve);
      resolve(null);
    });
  });

/**
 * Takes the profile's control socket, so that there is one `connect` for a profile. A socket whose process is gone is
 * set aside and removed; one that answers is `taken`.
 */
export async function claimControlSocket(path: string, uid: number, pid: number): Promise<Claim> {
  const detail = await preparePrivateFolder(path, uid);
  if (detail !== null) return { kind: 'refused', detail };
  for (let attempt = 0; attempt < 5; attempt++) {
    const parts = createParts(pid);
    const error = await listen(parts.server, path);
    if (!error) {
      await chmod(path, 0o600);
      return { kind: 'owned', server: parts.control };
    }
    if (error.code !== 'EADDRINUSE') throw error;
    const owner = await openControl(path);
    if (owner.kind === 'open') {
      owner.client.close();
      return { kind: 'taken', pid: owner.client.pid };
    }
    if (owner.kind === 'silent')
      return { kind: 'refused', detail: `A process that does not answer holds ${path}.` };
    if (owner.kind === 'stale') await removeStale(path, `${path}.${pid}`);
  }
  return { kind: 'refused', detail: `The control socket ${path} changes hands too fast.` };
}

/** Renames first and looks again, so that a socket that another process took in between is not lost. */
async function removeStale(path: string, aside: string): Promise<void> {
  try {
    await rename(path, aside);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  const owner = await openControl(aside);
  if (owner.kind === 'open') owner.client.close();
  if (owner.kind === 'stale') await rm(aside, { force: true });
  else await rename(aside, path);
}

function createParts(pid: number): { server: Server; control: ControlServer } {
  const sockets = new Set<Socket>();
  const watchers = new Set<Socket>();
  const running = new Set<Promise<void>>();
  const ready = Promise.withResolvers<ControlHandler>();
  let current: ControlHandler | null = null;
  const send = (socket: Socket, line: ControlLine) => writeJsonLine(socket, line);
  const refuse = (socket: Socket, refusal: Problem) => send(socket, { type: 'refused', problem: refusal });

  async function answer(socket: Socket, value: unknown): Promise<void> {
    const parsed = controlRequest.safeParse(value);
    if (!parsed.success) return refuse(socket, problem('invalid-request', firstIssue(parsed.error)));
    const handler = current ?? (await ready.promise);
    let devices: DeviceSummary[] | undefined;
    if (parsed.data.method === 'watch') watchers.add(socket);
    else if (parsed.data.method !== 'status') {
      const result = await handler.handle(parsed.data);
      if (!result.ok) return refuse(socket, result.problem);
      if (result.value) devices = result.value;
    }
    const answered = { type: 'answer' as const, ok: true as const, view: handler.view() };
    send(socket, devices ? { ...answered, devices } : answered);
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    // The other terminal went away; its `close` follows and cleans up.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      watchers.delete(socket);
    });
    send(socket, { type: 'hello', pid, version: 1 });
    readJsonLines(socket, (value) => {
      const work = answer(socket, value).finally(() => running.delete(work));
      running.add(work);
    });
  });

  let closing: Promise<void> | null = null;
  const control: ControlServer = {
    serve(handler) {
      current = handler;
      ready.resolve(handler);
    },
    publish(view) {
      for (const socket of watchers) send(socket, { type: 'view', view });
    },
    close() {
      closing ??= (async () => {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        if (current) await Promise.allSettled(running);
        for (const socket of sockets) socket.end();
        const timer = setTimeout(() => {
          for (const socket of sockets) socket.destroy();
        }, 500);
        await closed;
        clearTimeout(timer);
      })();
      return closing;
    },
  };
  return { server, control };
}
