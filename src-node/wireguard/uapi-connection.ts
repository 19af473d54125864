import { createConnection, type Socket } from 'node:net';
import { isAccepted, takeReply } from './uapi-text.ts';

interface Request {
  text: string;
  resolve: (reply: string) => void;
  reject: (error: Error) => void;
  hasFailedOnce: boolean;
}

const ANSWER_TIMEOUT_MS = 5_000;

/**
 * One lasting connection to a UAPI socket. Requests are answered in order and never overlap (wireguard-go reads
 * ahead, so a second request before the first answer would be lost). When nothing is under way, `request` writes
 * before it returns. A broken connection is made anew and the request sent once more: `set` may be repeated.
 */
export class UapiConnection {
  readonly #socketPath: string;
  readonly #queue: Request[] = [];
  #socket: Socket | null = null;
  #isConnected = false;
  #inFlight: Request | null = null;
  #received = '';
  #isClosed = false;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Resolves with the answer without its last blank line; rejects when the socket stays out of reach for this request. */
  request(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new Error('the WireGuard device is closed'));
        return;
      }
      this.#queue.push({ text, resolve, reject, hasFailedOnce: false });
      this.#pump();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#discardSocket();
    const error = new Error('the WireGuard device was closed');
    this.#inFlight?.reject(error);
    this.#inFlight = null;
    for (const request of this.#queue.splice(0)) request.reject(error);
  }

  #discardSocket(): void {
    this.#socket?.destroy();
    this.#socket = null;
    this.#isConnected = false;
    this.#received = '';
  }

  #pump(): void {
    if (this.#inFlight || this.#isClosed) return;
    const next = this.#queue[0];
    if (!next) return;
    if (!this.#socket) this.#connect();
    if (!this.#socket || !this.#isConnected) return;
    this.#queue.shift();
    this.#inFlight = next;
    this.#socket.setTimeout(ANSWER_TIMEOUT_MS);
    this.#socket.write(next.text);
  }

  #connect(): void {
    const socket = createConnection(this.#socketPath);
    this.#socket = socket;
    socket.setEncoding('utf8');
    let reason = 'the WireGuard device closed its control socket';
    socket.on('connect', () => {
      if (socket !== this.#socket) return;
      this.#isConnected = true;
      this.#pump();
    });
    socket.on('data', (chunk: string) => {
      if (socket === this.#socket) this.#onData(chunk);
    });
    socket.on('timeout', () => {
      reason = `the WireGuard device did not answer within ${ANSWER_TIMEOUT_MS} ms`;
      socket.destroy();
    });
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => {
      if (socket === this.#socket) this.#onClosed(reason);
    });
  }

  #onData(chunk: string): void {
    this.#received += chunk;
    // Only the newest characters can complete the answer; a long `get` is not searched from its start each time.
    const taken = this.#received.endsWith('\n\n') ? takeReply(this.#received) : null;
    const request = this.#inFlight;
    if (!taken || !request) return;
    this.#received = taken.rest;
    this.#inFlight = null;
    this.#socket?.setTimeout(0);
    // After a refusal the device may take the unread rest of the request for new ones.
    if (!isAccepted(taken.reply)) this.#discardSocket();
    request.resolve(taken.reply);
    this.#pump();
  }

  #onClosed(reason: string): void {
    const failed = this.#inFlight ?? this.#queue.shift();
    this.#inFlight = null;
    this.#discardSocket();
    if (failed?.hasFailedOnce === false) {
      failed.hasFailedOnce = true;
      this.#queue.unshift(failed);
    } else {
      failed?.reject(new Error(reason));
    }
    this.#pump();
  }
}
