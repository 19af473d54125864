import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import { HELPER_MAX_LINE_BYTES } from '../src-shared/helper-rpc.ts';
import { LineSplitter } from '../src-shared/line-splitter.ts';
import { problem } from '../src-shared/problem.ts';
import type { Caller, Controller } from './controller.ts';
import type { Libc } from './libc.ts';
import { type CallerRule, isAllowedCaller, peerCredentials } from './peer-credentials.ts';
import { changedLine, decodeLine, errorLine, INTERNAL_ERROR, problemLine, resultLine } from './rpc-call.ts';

/** One user cannot take all the places. */
const MAX_CONNECTIONS_PER_UID = 16;
const MAX_CONNECTIONS = 64;
/** A client that does not read for so long that this much waits for it is cut off. */
const MAX_UNREAD_BYTES = 256 * 1024;
/** Calls in a row from one connection before the others get their turn. */
const CALLS_PER_TURN = 16;

export interface RpcServerOptions {
  socketPath: string;
  rule: CallerRule;
  controller: Controller;
  libc: Libc;
  log: Logger;
}

interface Connection extends Caller {
  readonly socket: Socket;
  readonly uid: number;
  isClosed: boolean;
}

/** The helper's socket: line-delimited JSON-RPC 2.0 for callers that the kernel vouches for. */
export class RpcServer {
  readonly #options: RpcServerOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();

  constructor(options: RpcServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
    options.controller.onChange((status) => {
      const line = changedLine(status);
      for (const connection of this.#connections) send(connection, line);
    });
  }

  /**
   * Listens with 0660 for the group, 0600 without one, or 0666 when users are allowed by uid: the kernel's word on
   * the caller decides in any case. Rejects when another helper serves this socket.
   */
  async listen(): Promise<void> {
    const { socketPath, rule } = this.#options;
    if (await isServed(socketPath)) throw new Error(`another helper listens on ${socketPath}`);
    mkdirSync(dirname(socketPath), { recursive: true, mode: 0o755 });
    rmSync(socketPath, { force: true });
    // Nobody connects between the moment the socket appears and the moment its mode is right.
    const previousMask = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(socketPath, resolve);
      });
    } finally {
      process.umask(previousMask);
    }
    if (rule.gid !== null) chownSync(socketPath, 0, rule.gid);
    if (rule.uids.length > 0) chmodSync(socketPath, 0o666);
    else if (rule.gid !== null) chmodSync(socketPath, 0o660);
  }

  /** Cuts every connection and removes the socket. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const { socket } of this.#connections) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    const { libc, rule, log } = this.#options;
    // A broken connection is followed by `close`, which is where it is dealt with.
    socket.on('error', () => socket.destroy());
    const caller = peerCredentials(libc, socket);
    if (caller === null || !isAllowedCaller(caller, rule)) {
      log.warn({ uid: caller?.uid, pid: caller?.pid }, 'caller not allowed');
      refuse(socket, problemLine(null, problem('caller-not-allowed')));
      return;
    }
    const ofSameUser = [...this.#connections].filter(({ uid }) => uid === caller.uid).length;
    if (this.#connections.size >= MAX_CONNECTIONS || ofSameUser >= MAX_CONNECTIONS_PER_UID) {
      refuse(socket, problemLine(null, problem('too-many-attempts', 'Too many connections to the helper.')));
      return;
    }
    const connection: Connection = { socket, uid: caller.uid, isClosed: false };
    this.#connections.add(connection);
    socket.once('close', () => {
      connection.isClosed = true;
      this.#connections.delete(connection);
      this.#options.controller.closed(connection).catch((error: unknown) => {
        log.error({ err: error }, 'the tunnel could not be taken down');
      });
    });
    this.#read(connection);
  }

  /** Reads on only when every call so far is answered, so a flood waits in the sender's own buffers. */
  #read(connection: Connection): void {
    const { socket } = connection;
    const splitter = new LineSplitter(HELPER_MAX_LINE_BYTES);
    socket.on('data', (chunk: Buffer) => {
      socket.pause();
      const { lines, overflow } = splitter.push(chunk);
      this.#answerAll(connection, lines)
        .then(() => {
          if (overflow)
            refuse(socket, errorLine(null, -32_700, `A line may have ${HELPER_MAX_LINE_BYTES} bytes`));
          else socket.resume();
        })
        .catch((error: unknown) => {
          this.#options.log.error({ err: error }, 'a call failed');
          socket.destroy();
        });
    });
  }

  async #answerAll(connection: Connection, lines: string[]): Promise<void> {
    for (const [index, line] of lines.entries()) {
      if (connection.isClosed) return;
      if (index % CALLS_PER_TURN === CALLS_PER_TURN - 1) await nextTurn();
      if (line.trim() !== '') send(connection, await this.#answer(connection, line));
    }
  }

  async #answer(connection: Connection, line: string): Promise<string> {
    const decoded = decodeLine(line);
    if (!decoded.ok) return decoded.answer;
    const { id, call } = decoded;
    try {
      const result = await this.#options.controller.handle(connection, call);
      return result.ok ? resultLine(id, result.value) : problemLine(id, result.problem);
    } catch (error) {
      this.#options.log.error({ err: error, method: call.method }, 'a call failed');
      return errorLine(id, INTERNAL_ERROR, 'Internal error');
    }
  }
}

function send({ socket, isClosed }: Connection, line: string): void {
  if (isClosed || !socket.writable) return;
  socket.write(line);
  if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy();
}

/** Says why and hangs up; what the other side still sends is thrown away, so that it can read the reason. */
function refuse(socket: Socket, line: string): void {
  socket.removeAllListeners('data').resume();
  socket.end(line);
  socket.setTimeout(1000, () => socket.destroy());
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
