import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { type HelperStatus, rpcMessage } from '../../src-shared/helper-rpc.ts';

export type Answer =
  | { result: unknown }
  | { error: { code: number; message: string; data?: Record<string, unknown> } };

/** A client of the helper's socket that checks nothing, so that tests can send what a real one would not. */
export class RpcClient {
  readonly socket: Socket;
  readonly changes: { status: HelperStatus; at: number }[] = [];
  /** Resolves when the helper has hung up. */
  readonly closed: Promise<void>;
  readonly #waiting = new Map<number | string | null, (answer: Answer) => void>();
  #onChange: (() => void)[] = [];
  #nextId = 1;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    createInterface({ input: socket }).on('line', (line) => this.#take(line));
    socket.on('error', () => socket.destroy());
  }

  static connect(path: string): Promise<RpcClient> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(path);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RpcClient(socket));
      });
    });
  }

  call(method: string, params: unknown = {}): Promise<Answer> {
    const id = this.#nextId++;
    const answer = this.answerTo(id);
    this.socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    return answer;
  }

  /** The next answer with this id (`null`: to something that was no request). */
  answerTo(id: number | string | null): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, resolve);
      void this.closed.then(() => reject(new Error('the helper hung up')));
    });
  }

  /** The first change, past or coming, from `since` (monotonic ms) on that fits; rejects after 10 s. */
  async change(
    fits: (status: HelperStatus) => boolean,
    since = 0,
  ): Promise<{ status: HelperStatus; at: number }> {
    const giveUp = performance.now() + 10_000;
    for (;;) {
      const found = this.changes.find(({ status, at }) => at >= since && fits(status));
      if (found) return found;
      if (performance.now() > giveUp)
        throw new Error(`no such change in ${JSON.stringify(this.changes.slice(-5))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 500);
        this.#onChange.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  async close(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }

  #take(line: string): void {
    const message = rpcMessage.parse(JSON.parse(line));
    if ('method' in message) {
      this.changes.push({ status: message.params, at: performance.now() });
      for (const wake of this.#onChange.splice(0)) wake();
      return;
    }
    const resolve = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('error' in message) {
      const { code, message: text, data } = message.error;
      resolve?.({ error: { code, message: text, ...(data ? { data } : {}) } });
    } else resolve?.({ result: message.result });
  }
}

/** The problem code of a refusal, or `null` when the call went through. */
export function refusal(answer: Answer): unknown {
  return 'error' in answer ? (answer.error.data?.code ?? answer.error.code) : null;
}
