import { type DestinationStream, type Logger, pino } from 'pino';
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

/** Structured log, one JSON line each, to `destination` (default: standard output). */
export function makeLogger(level: ServerConfig['logLevel'], destination?: DestinationStream): Logger {
  const paths = secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);
  const options = { level, redact: { paths, censor: '[redacted]' }, base: null };
  // Synchronous: lines keep their order, and none is lost or waited for when the process ends.
  return pino(options, destination ?? pino.destination({ fd: 1, sync: true }));
}
