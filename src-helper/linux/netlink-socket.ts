import { getSystemErrorName } from 'node:util';
import type { Libc } from './libc.ts';
import type { Request } from './netlink-message.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_ROUTE = 0;
const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
/** Something changed between two parts of a list: it may lack an entry, or have one twice. */
const NLM_F_DUMP_INTR = 0x10;
const LIST_TRIES = 4;
const HEADER_BYTES = 16;

/** The answers to this many fit into the socket's buffer, whatever they say. */
const AT_ONCE = 64;

/** What the kernel said to one request: `error` is an errno name such as `EEXIST`, null when it was done. */
export interface Reply {
  error: string | null;
  /** Payload of the answer to a question; null for a change. */
  payload: Buffer | null;
}

interface Message {
  type: number;
  flags: number;
  sequence: number;
  payload: Buffer;
}

/**
 * Speaks rtnetlink(7) to the kernel. Every call is one synchronous exchange of some ten microseconds: the kernel
 * has worked off all requests, in order, before `send` returns.
 */
export class NetlinkSocket {
  readonly #libc: Libc;
  readonly #fd: number;
  #sequence = 0;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (this.#fd < 0) throw new Error(`no netlink socket: ${getSystemErrorName(-libc.errno())}`);
  }

  /** One reply for each request, in their order. A request that fails does not stop the ones after it. */
  exchange(requests: readonly Request[]): Reply[] {
    const replies: Reply[] = [];
    for (let at = 0; at < requests.length; at += AT_ONCE)
      replies.push(...this.#exchange(requests.slice(at, at + AT_ONCE)));
    return replies;
  }

  #exchange(requests: readonly Request[]): Reply[] {
    const first = this.#sequence + 1;
    this.#send(requests);
    const replies = new Map<number, Reply>();
    while (replies.size < requests.length) {
      for (const { sequence, type, payload } of this.#receive())
        if (sequence >= first) replies.set(sequence, parseReply(type, payload));
    }
    return requests.map((_, index) => replies.get(first + index) ?? { error: 'EPROTO', payload: null });
  }

  /** The payloads of everything that the kernel lists; asked anew when something changed while it listed. */
  list(request: Request): Buffer[] {
    for (let tries = 0; ; tries++) {
      const { payloads, isTorn } = this.#list(request);
      if (!isTorn) return payloads;
      if (tries === LIST_TRIES) throw new Error('netlink list: it changes faster than it can be read');
    }
  }

  #list(request: Request): { payloads: Buffer[]; isTorn: boolean } {
    this.#send([request]);
    const sequence = this.#sequence;
    const payloads: Buffer[] = [];
    let isTorn = false;
    for (let isDone = false; !isDone; ) {
      for (const message of this.#receive()) {
        if (message.sequence !== sequence) continue;
        if (message.flags & NLM_F_DUMP_INTR) isTorn = true;
        if (message.type === NLMSG_DONE) isDone = true;
        else if (message.type === NLMSG_ERROR)
          throw new Error(`netlink list: ${getSystemErrorName(message.payload.readInt32LE(0))}`);
        else payloads.push(Buffer.from(message.payload));
      }
    }
    return { payloads, isTorn };
  }

  close(): void {
    this.#libc.close(this.#fd);
  }

  #send(requests: readonly Request[]): void {
    const datagram = Buffer.concat(requests.map((request) => this.#encode(request)));
    if (this.#libc.send(this.#fd, datagram, datagram.length, 0) !== datagram.length)
      throw new Error(`netlink send: ${getSystemErrorName(-this.#libc.errno())}`);
  }

  #encode({ type, flags, body }: Request): Buffer {
    const message = Buffer.alloc(HEADER_BYTES + body.length);
    message.writeUInt32LE(message.length, 0);
    message.writeUInt16LE(type, 4);
    message.writeUInt16LE(flags, 6);
    message.writeUInt32LE(++this.#sequence, 8);
    body.copy(message, HEADER_BYTES);
    return message;
  }

  /** The messages of one datagram. */
  #receive(): Message[] {
    const buffer = Buffer.alloc(32 * 1024);
    const size = this.#libc.recv(this.#fd, buffer, buffer.length, MSG_DONTWAIT | MSG_TRUNC);
    if (size < 0) throw new Error(`netlink receive: ${getSystemErrorName(-this.#libc.errno())}`);
    if (size > buffer.length) throw new Error(`netlink receive: an answer of ${size} bytes`);
    const messages: Message[] = [];
    for (let at = 0; at + HEADER_BYTES <= size; ) {
      const length = buffer.readUInt32LE(at);
      if (length < HEADER_BYTES || at + length > size) throw new Error('netlink receive: broken message');
      const payload = buffer.subarray(at + HEADER_BYTES, at + length);
      messages.push({
        type: buffer.readUInt16LE(at + 4),
        flags: buffer.readUInt16LE(at + 6),
        sequence: buffer.readUInt32LE(at + 8),
        payload,
      });
      at += (length + 3) & ~3;
    }
    return messages;
  }
}

function parseReply(type: number, payload: Buffer): Reply {
  if (type !== NLMSG_ERROR) return { error: null, payload: Buffer.from(payload) };
  const errno = payload.readInt32LE(0);
  return { error: errno === 0 ? null : getSystemErrorName(errno), payload: null };
}
