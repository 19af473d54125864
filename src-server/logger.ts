import { type DestinationStream, type Logger, pino } from 'pino';
import { openProgramLog, programLog } from '../src-node/program-log.ts';
import type { ServerConfig } from './config.ts';

/** Never written, wherever they turn up in a log object. What the contracts name is held complete by a test. */
export const secretFields = `
  authorization cookie csrfToken token sessionToken mfaToken setupToken passwordToken trustToken tokenLine
  installLine password newPassword currentPassword temporaryPassword pin code backupCodes secret otpauthUri
  proof signature presharedKey lease guard statement
`
  .trim()
  .split(/\s+/);

const isSecret = new Set(secretFields.map((name) => name.toLowerCase()));
const CENSOR = '[redacted]';
/** What stands deeper is not written. */
const DEEPEST = 6;

/** pino's own search for a name at any place costs more than the rest of the line, and knows only some places. */
const settings = { hide, serializers: { err: (error: unknown) => error } };

/** A copy of what a line says without secrets. A log is no reason to fail: what cannot be read is said in its place. */
function hide(line: Record<string, unknown>): Record<string, unknown> {
  try {
    return withoutSecrets(line, DEEPEST);
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : String(error) };
  }
}

function withoutSecrets(object: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      name,
      isSecret.has(name.toLowerCase()) ? CENSOR : shown(value, depth - 1),
    ]),
  );
}

function shown(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (depth === 0) return '[deep]';
  if (Array.isArray(value)) return value.map((one) => shown(one, depth - 1));
  if (value instanceof Error) return shownError(value, depth);
  if ('toJSON' in value && typeof value.toJSON === 'function') return shown(value.toJSON(), depth - 1);
  return withoutSecrets(value, depth);
}

/**
 * As pino writes errors, with the causes in message and stack. What went wrong (`EAUTH`, `ENOSPC`) is no code that somebody
 * typed: it has a name of its own, which is not hidden.
 */
function shownError(error: Error, depth: number): object {
  const { type, message, stack } = pino.stdSerializers.err(error);
  const { code, ...own } = Object.fromEntries(Object.entries(error));
  return {
    ...{ type, message, stack },
    ...(error instanceof AggregateError ? { aggregateErrors: shown(error.errors, depth - 1) } : {}),
    ...withoutSecrets(code === undefined ? own : { ...own, errorCode: code }, depth),
  };
}

/** Structured log without secrets, one JSON line each, to `destination` (default: standard output). */
export function makeLogger(level: ServerConfig['logLevel'], destination?: DestinationStream): Logger {
  return programLog({ level, ...settings }, destination);
}

/** The same for whoever runs the server: readable on a terminal, JSON elsewhere. */
export function openLogger(level: ServerConfig['logLevel']): Promise<Logger> {
  return openProgramLog({ level, ...settings });
}
