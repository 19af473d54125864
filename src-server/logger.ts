import { type DestinationStream, type Logger, pino } from 'pino';
import { openProgramLog, programLog } from '../src-node/program-log.ts';
import type { ServerConfig } from './config.ts';

/** Never written, wherever they turn up in a log object. What the contracts name is held complete by a test. */
export const secretFields = [
  ...[
    'authorization',
    'cookie',
    'csrfToken',
    'token',
    'sessionToken',
    'mfaToken',
    'setupToken',
    'passwordToken',
  ],
  ...[
    'trustToken',
    'tokenLine',
    'installLine',
    'password',
    'newPassword',
    'currentPassword',
    'temporaryPassword',
  ],
  ...[
    'pin',
    'code',
    'backupCodes',
    'secret',
    'otpauthUri',
    'proof',
    'signature',
    'presharedKey',
    'lease',
    'guard',
  ],
];

const settings = {
  redact: {
    paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
    censor: '[redacted]',
  },
  serializers: { err: withErrorCode },
};

/** What went wrong (`EAUTH`, `ENOSPC`) is no code that somebody typed: it has a name of its own, which is not hidden. */
function withErrorCode(error: Error): object {
  const { code, ...rest } = pino.stdSerializers.err(error);
  return code === undefined ? rest : { ...rest, errorCode: code };
}

/** Structured log without secrets, one JSON line each, to `destination` (default: standard output). */
export function makeLogger(level: ServerConfig['logLevel'], destination?: DestinationStream): Logger {
  return programLog({ level, ...settings }, destination);
}

/** The same for whoever runs the server: readable on a terminal, JSON elsewhere. */
export function openLogger(level: ServerConfig['logLevel']): Promise<Logger> {
  return openProgramLog({ level, ...settings });
}
