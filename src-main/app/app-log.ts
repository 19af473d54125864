import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import pino, { type Logger } from 'pino';
import { redact } from './redact.ts';

const KEPT_LINES = 300;
const LARGEST_FILE_BYTES = 1_000_000;

export interface AppLog {
  log: Logger;
  /** The newest lines, oldest first, redacted. */
  tail(): string[];
}

export interface AppLogOptions {
  /** Folder of `postern.log`; an older one is kept as `postern.log.1`. */
  folder: string;
  level: string;
  /** Lines go here too, e.g. to a terminal during development. */
  mirror?: NodeJS.WritableStream;
}

/** The log of the app: a file of bounded size, and the newest lines in memory. Every line is redacted before either. */
export function createAppLog({ folder, level, mirror }: AppLogOptions): AppLog {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'postern.log');
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_FILE_BYTES)
    renameSync(path, `${path}.1`);
  const file = pino.destination({ dest: path, sync: true, mode: 0o600 });
  let lines: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      const line = redact(String(chunk).trimEnd());
      lines.push(line);
      if (lines.length > KEPT_LINES * 2) lines = lines.slice(-KEPT_LINES);
      file.write(`${line}\n`);
      mirror?.write(`${line}\n`);
      done();
    },
  });
  return { log: pino({ level, base: null }, stream), tail: () => lines.slice(-KEPT_LINES) };
}
