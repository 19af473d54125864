import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';

export interface ProgramLogOptions {
  level: string;
  /** In every line. */
  base?: Record<string, unknown>;
  serializers?: NonNullable<LoggerOptions['serializers']>;
  /** What becomes of each line's object, and of what a child has in each, before it is written. */
  hide?: (line: Record<string, unknown>) => Record<string, unknown>;
}

/**
 * One JSON line each to `destination` (default: standard output): the level as a word, the time as ISO 8601 in UTC, and
 * an IPv4 address as one, however the socket wrote it.
 */
export function programLog(
  { level, base, serializers, hide }: ProgramLogOptions,
  destination: DestinationStream = pino.destination({ fd: 1, sync: true }),
): Logger {
  const log = pino(
    {
      level,
      base: base ?? null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), ...(hide === undefined ? {} : { log: hide }) },
      serializers: {
        ...serializers,
        ip: (ip: unknown) => (typeof ip === 'string' ? ip.replace(/^::ffff:(?=\d+\.)/i, '') : ip),
      },
    },
    // Synchronous: lines keep their order, and none is lost or waited for when the process ends.
    destination,
  );
  if (hide === undefined) return log;
  // Of what a child is given pino asks no formatter. Every child has this method of its parent.
  const { child } = log;
  log.child = function (this: Logger, bindings, options) {
    return child.call(this, hide(bindings), options);
  } as typeof child;
  return log;
}

/** The log of a long-running program on standard output: lines for people on a terminal, JSON elsewhere. */
export async function openProgramLog(options: ProgramLogOptions): Promise<Logger> {
  if (!process.stdout.isTTY) return programLog(options);
  // Loaded where it is needed: services do without it.
  const { default: pretty } = await import('pino-pretty');
  const colorize = process.stdout.hasColors();
  return programLog(
    options,
    pretty({ destination: 1, sync: true, colorize, translateTime: 'SYS:HH:MM:ss.l', singleLine: true }),
  );
}
