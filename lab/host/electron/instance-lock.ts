import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import { type Lock, takeProcessLock } from '../../stack/process-lock.ts';

const news = z.object({ argv: z.array(z.string()), cwd: z.string(), data: z.unknown() });
const TELL_LIMIT_MS = 5_000;

/** One instance per `userData` folder: a lock that dies with its process, and a socket to tell its holder. */
export class InstanceLock {
  readonly #onSecond: (argv: string[], cwd: string, data: unknown) => void;
  #lock: Lock | null = null;
  #server: Server | null = null;
  #told: Promise<void> = Promise.resolve();

  constructor(onSecond: (argv: string[], cwd: string, data: unknown) => void) {
    this.#onSecond = onSecond;
  }

  get isHeld(): boolean {
    return this.#lock?.isHeld === true;
  }

  /** Settles when the holder has heard of us, or did not want to. */
  get told(): Promise<void> {
    return this.#told;
  }

  request(userData: string, argv: string[], cwd: string, data: unknown): boolean {
    if (this.isHeld) return true;
    mkdirSync(userData, { recursive: true, mode: 0o700 });
    this.#lock = takeProcessLock(path.join(userData, 'instance.lock'));
    // A socket's path must be short; the folder's may not be.
    const name = createHash('sha256').update(path.resolve(userData)).digest('hex').slice(0, 16);
    const socket = path.join(process.env.XDG_RUNTIME_DIR || tmpdir(), `postern-instance-${name}.sock`);
    if (this.#lock.isHeld) this.#listen(socket);
    else this.#told = tell(socket, JSON.stringify({ argv, cwd, data }));
    return this.#lock.isHeld;
  }

  release(): void {
    this.#server?.close();
    if (this.#lock?.isHeld) this.#lock.release();
    this.#lock = null;
  }

  #listen(socket: string): void {
    // The lock is ours, so whoever left this is gone.
    rmSync(socket, { force: true });
    this.#server = createServer({ allowHalfOpen: true }, (connection) => {
      let text = '';
      connection.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      connection.on('error', () => connection.destroy());
      connection.on('end', () => {
        connection.end('heard');
        const parsed = news.safeParse(JSON.parse(text));
        if (parsed.success) this.#onSecond(parsed.data.argv, parsed.data.cwd, parsed.data.data);
      });
    });
    this.#server.listen(socket).unref();
  }
}

function tell(socket: string, text: string): Promise<void> {
  return new Promise((resolve) => {
    const connection = createConnection(socket, () => connection.end(text));
    connection.setTimeout(TELL_LIMIT_MS, () => connection.destroy());
    connection.resume();
    connection.on('error', (error) => {
      console.error(`the first instance does not answer: ${error.message}`);
      resolve();
    });
    connection.on('close', () => resolve());
  });
}
