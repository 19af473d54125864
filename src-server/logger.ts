import type { DestinationStream, Logger } from 'pino';
import { openProgramLog, programLog } from '../src-node/program-log.ts';
import type { ServerConfig } from './config.ts';

/** Never written, wherever they turn up in a log object. */
const secretFields = [
  'authorization',
  'cookie',
  'password',
  'code',
  'token',
  'mfaToken',
  'setupToken',
  'sessionToken',
];

const redact = {
  paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
  // The code of an error says what went wrong (`EAUTH`, `SQLITE_FULL`); nobody types it.
  censor: (value: unknown, path: string[]): unknown =>
    path[0] === 'err' && path.at(-1) === 'code' ? value : '[redacted]',
};

/** Structured log without secrets, one JSON line each, to `destination` (default: standard output). */
export function makeLogger(level: ServerConfig['logLevel'], destination?: DestinationStream): Logger {
  return programLog({ level, redact }, destination);
}

/** The same for whoever runs the server: readable on a terminal, JSON elsewhere. */
export function openLogger(level: ServerConfig['logLevel']): Promise<Logger> {
  return openProgramLog({ level, redact });
}
