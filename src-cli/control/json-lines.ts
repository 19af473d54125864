import type { Socket } from 'node:net';
import { parseJson } from '../../src-shared/parse-json.ts';
import { CONTROL_MAX_LINE_BYTES } from './protocol.ts';

/**
 * Calls back with every line that is JSON, parsed. A line that is too long or no JSON ends the socket: whoever
 * writes such lines is no `postern`.
 */
export function readJsonLines(socket: Socket, onValue: (value: unknown) => void): void {
  let pending = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    pending += chunk;
    for (;;) {
      const end = pending.indexOf('\n');
      if (end < 0) break;
      const value = parseJson(pending.slice(0, end));
      pending = pending.slice(end + 1);
      if (value === undefined) return void socket.destroy();
      onValue(value);
    }
    if (pending.length > CONTROL_MAX_LINE_BYTES) socket.destroy();
  });
}

export function writeJsonLine(socket: Socket, value: unknown): void {
  if (socket.writable) socket.write(`${JSON.stringify(value)}\n`);
}
