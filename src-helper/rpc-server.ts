import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import { HELPER_MAX_LINE_BYTES } from '../src-shared/helper-rpc.ts';
import { LineSplitter } from '../src-shared/line-splitter.ts';
import { problem } from '../src-shared/problem.ts';
import type { Caller, Controller } from './controller.ts';
import type { CallerIdentity, CallerStream, Callers } from './platform.ts';
import { changedLine, decodeLine, errorLine, INTERNAL_ERROR, problemLine, resultLine } from './rpc-call.ts';

/** One user cannot take all the places. */
const MAX_CONNECTIONS_PER_USER = 16;
const MAX_CONNECTIONS = 64;
/** A client that does not read for so long that this much waits for it is cut off. */
const MAX_UNREAD_BYTES = 256 * 1024;
/** Calls in a row from one connection before the others get their turn. */
const CALLS_PER_TURN = 16;

export interface RpcServerOptions {
  callers: Callers;
  controller: Controller;
  log: Logger;
}

interface Connection extends Caller {
  readonly socket: CallerStream;
  isClosed: boolean;
}

/** Line-delimited JSON-RPC 2.0 for callers that the system vouches for. */
export class RpcServer {
  readonly #options: RpcServerOptions;
  readonly #connections = new Set<Connection>();

  constructor(options: RpcServerOptions) {
    this.#options = options;
    const { controller } = options;
    controller.onChange(() => {
      for (const connection of this.#connections)
        send(connection, changedLine(controller.status(connection)));
    });
  }

  /** Rejects when another helper is there already. */
  listen(): Promise<void> {
    return this.#options.callers.listen((stream, caller) => this.#accept(stream, caller));
  }

  /** Cuts every connection. */
  async close(): Promise<void> {
    const closed = this.#options.callers.close();
    for (const { socket } of this.#connections) socket.destroy();
    await closed;
  }

  #accept(socket: CallerStream, caller: CallerIdentity | null): void {
    const { log } = this.#options;
    // A broken connection is followed by `close`, which is where it is dealt with.
    socket.on('error', () => socket.destroy());
    if (caller === null || !caller.isAllowed) {
      log.warn({ user: caller?.user, pid: caller?.pid }, 'caller not allowed');
      refuse(socket, problemLine(null, problem('caller-not-allowed')));
      return;
    }
    const ofSameUser = [...this.#connections].filter(({ user }) => user === caller.user).length;
    if (this.#connections.size >= MAX_CONNECTIONS || ofSameUser >= MAX_CONNECTIONS_PER_USER) {
      refuse(socket, problemLine(null, problem('too-many-attempts', 'Too many connections to the helper.')));
      return;
    }
    const { user, isAdministrator } = caller;
    const connection: Connection = { socket, user, isAdministrator, isClosed: false };
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
function refuse(socket: CallerStream, line: string): void {
  socket.removeAllListeners('data').resume();
  socket.end(line);
  setTimeout(() => socket.destroy(), 1000).unref();
}
