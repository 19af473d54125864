import { type DestinationStream, type Logger, pino } from 'pino';
import { openProgramLog, programLog } from '../src-node/program-log.ts';
import type { ServerConfig } from './config.ts';

/** Never written, wherever they turn up in a log object. What the contracts name is held complete by a test. */
export const secretFields = `
  authorization cookie csrfToken token sessionToken mfaToken setupToken passwordToken trustToken tokenLine
  installLine password newPassword currentPassword temporaryPassword pin code backupCodes secret otpauthUri
  proof signature presharedKey lease guard
`
  .trim()
  .split(/\s+/);

const isSecret = new Set(secretFields);
const CENSOR = '[redacted]';
/** What stands deeper is never logged. */
const DEEPEST = 3;

const settings = {
  // Of the line itself, and of what a child of the log has in each.
  redact: { paths: secretFields, censor: CENSOR },
  // pino's own search for a name at any place costs more than the rest of the line.
  hide: (line: Record<string, unknown>) => withoutSecrets(line, DEEPEST),
  serializers: { err: withErrorCode },
};

function withoutSecrets(object: Record<string, unknown>, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => {
      if (isSecret.has(name)) return [name, CENSOR];
      return [name, depth > 1 && isPlainObject(value) ? withoutSecrets(value, depth - 1) : value];
    }),
  );
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** What went wrong (`EAUTH`, `ENOSPC`) is no code that somebody typed: it has a name of its own, which is not hidden. */
function withErrorCode(error: Error): object {
  const { code, ...rest } = pino.stdSerializers.err(error);
  return withoutSecrets(code === undefined ? rest : { ...rest, errorCode: code }, DEEPEST - 1);
}

/** Structured log without secrets, one JSON line each, to `destination` (default: standard output). */
export function makeLogger(level: ServerConfig['logLevel'], destination?: DestinationStream): Logger {
  return programLog({ level, ...settings }, destination);
}

/** The same for whoever runs the server: readable on a terminal, JSON elsewhere. */
export function openLogger(level: ServerConfig['logLevel']): Promise<Logger> {
  return openProgramLog({ level, ...settings });
}
