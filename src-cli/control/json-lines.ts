import type { Socket } from 'node:net';
import { LineSplitter } from '../../src-shared/line-splitter.ts';
import { parseJson } from '../../src-shared/parse-json.ts';
import { CONTROL_MAX_LINE_BYTES } from './protocol.ts';

/**
 * Calls back with every line that is JSON, parsed. A line that is too long or no JSON ends the socket: whoever
 * writes such lines is no `postern`.
 */
export function readJsonLines(socket: Socket, onValue: (value: unknown) => void): void {
  const splitter = new LineSplitter(CONTROL_MAX_LINE_BYTES);
  socket.on('data', (chunk: Buffer) => {
    const { lines, overflow } = splitter.push(chunk);
    for (const line of lines) {
      const value = parseJson(line);
      if (value === undefined) return void socket.destroy();
      onValue(value);
    }
    if (overflow) socket.destroy();
  });
}

export function writeJsonLine(socket: Socket, value: unknown): void {
  if (socket.writable) socket.write(`${JSON.stringify(value)}\n`);
}
