import type { Logger } from 'pino';
import { type RawData, WebSocket } from 'ws';
import { startSilenceWatch } from '../src-node/heartbeat.ts';
import { closeCodes } from '../src-shared/client-channel.ts';
import {
  type FromGateway,
  fromGateway,
  GATEWAY_MAX_FRAME_BYTES,
  type ToGateway,
  toGateway,
} from '../src-shared/gateway-channel.ts';
import { parseJson } from '../src-shared/parse-json.ts';
import { firstIssue } from '../src-shared/problem.ts';

const HANDSHAKE_LIMIT_MS = 10_000;
const FIRST_SYNC_LIMIT_MS = 15_000;
const CLOSE_LIMIT_MS = 1_000;

export interface ChannelOptions {
  /** `wss://…/gateway/v1/channel`. */
  url: string;
  token: string;
  /** PEM; null trusts what the system trusts. */
  ca: string | null;
  hello: Extract<FromGateway, { type: 'hello' }>;
  /** Called with each order as soon as it is parsed; pings are answered here. */
  onOrder: (order: Exclude<ToGateway, { type: 'ping' }>, channel: Channel) => void;
  log: Logger;
  /** Ends the channel politely. */
  signal: AbortSignal;
}

/** The open channel, as the one who carries out orders sees it. */
export interface Channel {
  send(frame: FromGateway): void;
  /** The first sync is in force: the channel counts as live. */
  markLive(): void;
  close(code: number, reason: string): void;
}

export interface ChannelEnd {
  /** 1006 when the connection broke or never came to be. */
  code: number;
  reason: string;
  /** Of the error that broke it or kept it from being, such as `ECONNREFUSED`; null for any other end. */
  errorCode: string | null;
  /** The server does not know this gateway, or no longer. */
  isUnknown: boolean;
}

type Parsed = { ok: true; frame: ToGateway } | { ok: false; why: string };

/** A frame of the server, or why it is none; never a part of its content, which may be a secret. */
export function parseServerFrame(data: RawData, isBinary: boolean): Parsed {
  if (isBinary) return { ok: false, why: 'binary frame' };
  const content = parseJson(data.toString());
  if (content === undefined) return { ok: false, why: 'not JSON' };
  const parsed = toGateway.safeParse(content);
  return parsed.success ? { ok: true, frame: parsed.data } : { ok: false, why: firstIssue(parsed.error) };
}

/** Opens one channel and serves it until it ends, for whatever reason. Never rejects. */
export function runChannel(options: ChannelOptions): Promise<ChannelEnd> {
  const { url, token, ca, hello, onOrder, log, signal } = options;
  return new Promise((resolve) => {
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${token}` },
      maxPayload: GATEWAY_MAX_FRAME_BYTES,
      handshakeTimeout: HANDSHAKE_LIMIT_MS,
      perMessageDeflate: false,
      ...(ca === null ? {} : { ca }),
    });
    let failure: string | null = null;
    let errorCode: string | null = null;
    let isRefused = false;
    let isUnknown = false;
    const breakOff = (why: string) => {
      failure ??= why;
      socket.terminate();
    };
    const watch = startSilenceWatch(() => breakOff('half open: the server has fallen silent'));
    const syncLimit = setTimeout(() => breakOff('the server sent no sync'), FIRST_SYNC_LIMIT_MS);
    let closeLimit: NodeJS.Timeout | null = null;
    const channel: Channel = {
      send: (frame) => {
        if (socket.readyState !== WebSocket.OPEN) return;
        socket.send(JSON.stringify(fromGateway.parse(frame)), (error) => {
          if (error) breakOff(`cannot send: ${error.message}`);
        });
      },
      markLive: () => clearTimeout(syncLimit),
      close: (code, reason) => {
        isRefused = true;
        failure ??= reason;
        socket.close(code, reason.slice(0, 100));
        closeLimit ??= setTimeout(() => socket.terminate(), CLOSE_LIMIT_MS);
      },
    };
    const onAbort = () => channel.close(closeCodes.goingAway, 'gateway is stopping');
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();

    socket.on('open', () => channel.send(hello));
    socket.on('message', (data, isBinary) => {
      // After a frame that was refused, what follows can no longer be trusted to be in order.
      if (isRefused) return;
      watch.heard();
      const parsed = parseServerFrame(data, isBinary);
      if (!parsed.ok) {
        log.error({ why: parsed.why }, 'bad frame from the server: closing the channel');
        channel.close(closeCodes.protocolError, parsed.why);
      } else if (parsed.frame.type === 'ping') channel.send({ type: 'pong', t: parsed.frame.t });
      else onOrder(parsed.frame, channel);
    });
    socket.on('unexpected-response', (_request, response) => {
      const { statusCode } = response;
      isUnknown = statusCode === 401;
      breakOff(
        isUnknown ? 'the server does not accept this token' : `the server answered HTTP ${statusCode}`,
      );
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      failure ??= error.message;
      errorCode ??= error.code ?? null;
    });
    socket.on('close', (code, reason) => {
      watch.stop();
      clearTimeout(syncLimit);
      if (closeLimit) clearTimeout(closeLimit);
      signal.removeEventListener('abort', onAbort);
      resolve({ code, reason: failure ?? reason.toString(), errorCode, isUnknown });
    });
  });
}
