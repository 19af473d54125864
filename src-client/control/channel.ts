import { Agent } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Logger } from 'pino';
import WebSocket, { type RawData } from 'ws';
import { createBackoff } from '../../src-node/backoff.ts';
import { startSilenceWatch } from '../../src-node/heartbeat.ts';
import {
  CHANNEL_MAX_FRAME_BYTES,
  type ClientFrame,
  closeCodes,
  type ServerFrame,
  type StoredFrame,
} from '../../src-shared/client-channel.ts';
import type { ChannelState } from '../../src-shared/connection-state.ts';
import { joinEndpoint } from '../../src-shared/primitives.ts';
import { type Problem, problem } from '../../src-shared/problem.ts';
import { readFrame } from './frame-reader.ts';
import { errorCode } from './network-problem.ts';
import type { TlsTrust } from './tls-trust.ts';
import { refusedUpgrade } from './upgrade-refusal.ts';

/** A channel that lived this long was a good one: the next failure starts from the shortest wait again. */
const GOOD_LIFE_MS = 10_000;
/** Nobody waits for an acknowledgement: it and what it writes to disk stay behind what the frame sets off. */
const ACK_DELAY_MS = 25;

export interface ChannelEvents {
  onState(state: ChannelState): void;
  onHello(hello: Extract<ServerFrame, { type: 'hello' }>): void;
  onGateway(gateway: Extract<ServerFrame, { type: 'gateway' }>): void;
  onLeaseKey(word: Extract<ServerFrame, { type: 'lease-key' }>): void;
  /** Each stored frame once, in order. Acknowledged soon after this returns. */
  onFrame(frame: StoredFrame): void;
  /** The newest seq was handled: what `resume` asks for after the next start. */
  onSeq(seq: number): void;
  /** The server ended the session (`sessionEnded`, or it refused the token). */
  onSessionEnded(refusal: Problem): void;
  /** Not to be opened again by itself (`replaced`, `protocolError`, a refusal that stands). */
  onStopped(cause: Problem): void;
}

export interface ChannelOptions {
  serverUrl: string;
  token: string;
  trust: TlsTrust;
  lookup: LookupFunction;
  /** Highest seq that was handled before. */
  lastSeq: number;
  random: () => number;
  /** Milliseconds, monotonic. */
  monotonic: () => number;
  log: Logger;
  events: ChannelEvents;
  silenceLimitMs?: number;
}

/** The client channel: reopened by itself with backoff until the server says that it should not be. */
export interface Channel {
  open(): void;
  /** Drops the socket, if there is one, and opens a new one at once. */
  restart(): void;
  /** The newest phase; sent now, and again on every new socket. */
  sendStatus(phase: string, leaseId: string | null): void;
  /** Dropped unless the channel is open. */
  sendNow(frame: Extract<ClientFrame, { type: 'guard' | 'lease-key' }>): void;
  /** Why what should be held back is not, the code of a problem; told a server that wants to know, now and on every new socket. */
  sendGuardFailed(code: string | null): void;
  close(): void;
}

export function createChannel(options: ChannelOptions): Channel {
  const { serverUrl, token, trust, lookup, random, monotonic, log, events, silenceLimitMs } = options;
  const url = new URL('/client/v1/channel', serverUrl);
  url.protocol = 'wss:';
  const agent = new Agent({ secureContext: trust.secureContext });
  const backoff = createBackoff({ random });
  let lastSeq = options.lastSeq;
  let toldSeq = lastSeq;
  let status: Extract<ClientFrame, { type: 'status' }> | null = null;
  let guardFailed: string | null = null;
  /** Of the open socket: where it leads, once the server has said that it wants to know. */
  let serverAddress: string | null = null;
  let socket: WebSocket | null = null;
  let silence: { heard(): void; stop(): void } | null = null;
  let retryTimer: NodeJS.Timeout | undefined;
  let openedAt: number | null = null;
  let hasHello = false;
  let ackTimer: NodeJS.Timeout | undefined;

  function send(frame: ClientFrame): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  }

  function connect(): void {
    clearTimeout(retryTimer);
    events.onState('connecting');
    const opened = new WebSocket(url, {
      agent,
      lookup,
      headers: { authorization: `Bearer ${token}` },
      handshakeTimeout: 10_000,
      // Above the limit of a frame, so that a huge one is ours to answer with `protocolError`.
      maxPayload: 1024 * 1024,
      perMessageDeflate: false,
    });
    socket = opened;
    const isCurrent = () => socket === opened;
    let reached: string | null = null;
    opened.on('upgrade', ({ socket: { remoteAddress, remotePort } }) => {
      if (remoteAddress && remotePort) reached = joinEndpoint(remoteAddress, remotePort);
    });
    opened.on('open', () => {
      if (!isCurrent()) return;
      openedAt = monotonic();
      silence = startSilenceWatch(() => opened.terminate(), silenceLimitMs);
      send({ type: 'resume', afterSeq: lastSeq });
      if (status) send(status);
    });
    opened.on('message', (data, isBinary) => {
      if (isCurrent()) onMessage(opened, reached, data, isBinary);
    });
    opened.on('unexpected-response', (request, response) => {
      refusedUpgrade(response, url.host).then(
        (refusal) => {
          request.destroy();
          if (isCurrent()) onRefused(refusal);
        },
        log.error.bind(log, 'reading a refused upgrade failed'),
      );
    });
    opened.on('error', (error) => {
      if (!isCurrent()) return;
      log.info({ code: errorCode(error) }, 'channel failed');
      if (errorCode(error) === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') stopped(problem('protocol-error'));
    });
    opened.on('close', (code) => {
      if (isCurrent()) onClose(code);
    });
  }

  /** Forgets the socket: nothing that it still says is heard. */
  function detach(): WebSocket | null {
    const old = socket;
    socket = null;
    silence?.stop();
    silence = null;
    openedAt = null;
    hasHello = false;
    serverAddress = null;
    clearTimeout(retryTimer);
    return old;
  }

  function retryLater(): void {
    if (openedAt !== null && monotonic() - openedAt > GOOD_LIFE_MS) backoff.reset();
    detach();
    events.onState('connecting');
    retryTimer = setTimeout(connect, backoff.nextDelayMs());
  }

  function stopped(cause: Problem): void {
    detach()?.close(closeCodes.protocolError);
    events.onState('closed');
    events.onStopped(cause);
  }

  function onRefused(refusal: Problem): void {
    log.info({ code: refusal.code }, 'channel refused');
    const isOver = refusal.code === 'session-invalid';
    if (!isOver && refusal.code !== 'member-blocked' && refusal.code !== 'not-found') {
      retryLater();
      return;
    }
    detach();
    events.onState('closed');
    if (isOver) events.onSessionEnded(refusal);
    else events.onStopped(refusal);
  }

  function onClose(code: number): void {
    log.info({ code }, 'channel closed');
    switch (code) {
      case closeCodes.sessionEnded:
        detach();
        events.onState('closed');
        events.onSessionEnded(problem('session-invalid'));
        return;
      case closeCodes.replaced:
        stopped(problem('controller-busy', 'Another Postern client of this device took over.'));
        return;
      case closeCodes.protocolError:
        stopped(problem('protocol-error'));
        return;
      default:
        retryLater();
    }
  }

  function onMessage(from: WebSocket, reached: string | null, data: RawData, isBinary: boolean): void {
    silence?.heard();
    const read = readFrame(data, isBinary, CHANNEL_MAX_FRAME_BYTES);
    if (read.kind === 'bad' || (read.kind === 'frame' && !hasHello && read.frame.type !== 'hello')) {
      log.warn({ why: read.kind === 'bad' ? read.why : 'no hello' }, 'bad frame, closing the channel');
      stopped(problem('protocol-error'));
      return;
    }
    if (read.kind === 'unknown') {
      log.warn({ type: read.type }, 'frame of an unknown type ignored');
      if (read.seq !== null) handled(read.seq, from);
      return;
    }
    const { frame } = read;
    switch (frame.type) {
      case 'ping':
        send({ type: 'pong', t: frame.t });
        return;
      case 'gateway':
        events.onGateway(frame);
        return;
      case 'lease-key':
        events.onLeaseKey(frame);
        return;
      case 'hello':
        hasHello = true;
        // A server restored from a backup counts from lower again.
        if (frame.seq < lastSeq) {
          lastSeq = frame.seq;
          tellSeq();
        }
        serverAddress = frame.accepts?.includes('report') ? reached : null;
        events.onState('open');
        events.onHello(frame);
        report();
        return;
      default:
        if (frame.seq > lastSeq) events.onFrame(frame);
        handled(frame.seq, from);
    }
  }

  function report(): void {
    if (serverAddress !== null) send({ type: 'report', serverAddress, guardFailed });
  }

  function handled(seq: number, from: WebSocket): void {
    lastSeq = Math.max(lastSeq, seq);
    // The frame may have ended this channel.
    if (socket === from) ackTimer ??= setTimeout(acknowledge, ACK_DELAY_MS);
    else tellSeq();
  }

  function acknowledge(): void {
    if (ackTimer === undefined) return;
    clearTimeout(ackTimer);
    ackTimer = undefined;
    tellSeq();
    if (hasHello) send({ type: 'ack', seq: lastSeq });
  }

  function tellSeq(): void {
    if (toldSeq === lastSeq) return;
    toldSeq = lastSeq;
    events.onSeq(lastSeq);
  }

  return {
    open() {
      if (socket === null) connect();
    },
    restart() {
      backoff.reset();
      detach()?.terminate();
      connect();
    },
    sendStatus(phase, leaseId) {
      status = { type: 'status', phase, ...(leaseId === null ? {} : { leaseId }) };
      if (hasHello) send(status);
    },
    sendNow(frame) {
      if (hasHello) send(frame);
    },
    sendGuardFailed(code) {
      if (code === guardFailed) return;
      guardFailed = code;
      report();
    },
    close() {
      acknowledge();
      detach()?.close(closeCodes.normal);
      agent.destroy();
      events.onState('closed');
    },
  };
}
