import { setImmediate as nextTurn } from 'node:timers/promises';
import type { WebSocket } from '@fastify/websocket';
import type { Logger } from 'pino';
import type * as z from 'zod';
import { startHeartbeat } from '../../src-node/heartbeat.ts';
import { closeCodes } from '../../src-shared/client-channel.ts';
import { parseJson } from '../../src-shared/parse-json.ts';

/** A JSON frame, or why it is none. Frames over `maxBytes`, binary ones and unknown shapes are refused. */
export function parseFrame<T>(
  schema: z.ZodType<T>,
  data: Buffer | ArrayBuffer | Buffer[],
  isBinary: boolean,
  maxBytes: number,
): { ok: true; frame: T } | { ok: false; why: string } {
  if (isBinary) return { ok: false, why: 'binary frame' };
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer);
  if (bytes.length > maxBytes) return { ok: false, why: `frame over ${maxBytes} bytes` };
  const value = parseJson(bytes.toString('utf8'));
  if (value === undefined) return { ok: false, why: 'not JSON' };
  const parsed = schema.safeParse(value);
  return parsed.success ? { ok: true, frame: parsed.data } : { ok: false, why: 'unknown frame' };
}

/**
 * Feeds frames to `onFrame` one after the other, in order; a bad frame, and more of them than `isInTime` lets through,
 * close the socket with 4003. An error of the handler is logged and closes with 1011: the other end comes back and
 * starts from the record.
 */
export function readFrames<T>(
  socket: WebSocket,
  options: {
    schema: z.ZodType<T>;
    maxBytes: number;
    log: Logger;
    /** Asked once a frame, before it is looked at; without it the other end is trusted to keep measure. */
    isInTime?: () => boolean;
    onFrame: (frame: T) => void | Promise<void>;
  },
): void {
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;
  const isOpen = (): boolean => socket.readyState === socket.OPEN;
  const refuse = (why: string): void => {
    options.log.warn({ why }, 'bad frame, closing the channel');
    socket.close(closeCodes.protocolError, why.slice(0, 100));
  };
  const handle = async (frame: T): Promise<void> => {
    waiting -= 1;
    if (!isOpen()) return;
    await options.onFrame(frame);
    // SQLite answers within the turn: without this, whoever sends many frames keeps everybody else waiting.
    if (waiting > 0) await nextTurn();
  };
  socket.on('message', (data, isBinary) => {
    if (!isOpen()) return;
    if (options.isInTime?.() === false) return refuse('too many frames');
    const parsed = parseFrame(options.schema, data, isBinary, options.maxBytes);
    if (!parsed.ok) return refuse(parsed.why);
    waiting += 1;
    last = last
      .then(() => handle(parsed.frame))
      .catch((error: unknown) => {
        options.log.error({ err: error }, 'channel frame failed');
        socket.close(closeCodes.internalError, 'internal error');
      });
  });
}

/**
 * Sends `ping {t}` every 10 s and ends the socket after two that stayed without any frame in return: a half-open
 * channel must not count as a client that was told.
 */
export function keepAlive(socket: WebSocket, now: () => number): void {
  const heartbeat = startHeartbeat({
    ping: (t) => socket.send(JSON.stringify({ type: 'ping', t })),
    onDead: () => socket.terminate(),
    now,
  });
  socket.on('message', () => heartbeat.heard());
  socket.on('close', () => heartbeat.stop());
}
