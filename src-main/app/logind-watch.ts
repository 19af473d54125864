import { createClient, type Message, type MessageBus, variantValue } from 'dbus-native';
import type { Logger } from 'pino';
import * as z from 'zod';

const SERVICE = 'org.freedesktop.login1';
const MANAGER = 'org.freedesktop.login1.Manager';
const SESSION = 'org.freedesktop.login1.Session';
const CALL_TIMEOUT_MS = 5_000;

export interface LogindOptions {
  busAddress: string;
  /** `XDG_SESSION_ID`, for when the process itself belongs to no session (systemd user services). */
  sessionId: string | undefined;
  onLock: () => void;
  onSleep: (isGoingToSleep: boolean) => void;
  log: Logger;
}

/**
 * Hears from logind that the screen was locked or the computer goes to sleep, where Electron has no event for it.
 * Signals may lock; nothing that comes over a bus ever unlocks. Source: org.freedesktop.login1(5).
 */
export async function watchLogind(options: LogindOptions): Promise<{ stop(): Promise<void> }> {
  const { log } = options;
  let bus: MessageBus;
  try {
    bus = createClient({ busAddress: options.busAddress, timeout: CALL_TIMEOUT_MS });
  } catch (error) {
    log.warn({ err: error }, 'system bus cannot be used');
    return { stop: async () => undefined };
  }
  bus.connection.on('error', (error: unknown) => log.warn({ err: error }, 'system bus lost'));
  let session: string | null = null;
  bus.connection.on('message', (message: Message) => {
    const event = eventOf(message, session);
    if (event === 'lock') options.onLock();
    else if (event !== null) options.onSleep(event === 'sleep');
  });
  try {
    session = await ownSession(bus, options.sessionId);
    await bus.addMatch(`type='signal',sender='${SERVICE}',interface='${MANAGER}',member='PrepareForSleep'`);
    if (session !== null) await bus.addMatch(`type='signal',sender='${SERVICE}',path='${session}'`);
    log.info({ hasSession: session !== null }, 'listening to logind');
  } catch (error) {
    log.warn({ err: error }, 'logind cannot be heard');
  }
  return { stop: () => Promise.resolve(bus.close()) };
}

type LogindEvent = 'lock' | 'sleep' | 'wake';

/** What a message means for us; null for everything else, however it looks. */
export function eventOf(message: Message, session: string | null): LogindEvent | null {
  if (message.interface === MANAGER && message.member === 'PrepareForSleep') {
    const [isGoing] = message.body ?? [];
    if (typeof isGoing !== 'boolean') return null;
    return isGoing ? 'sleep' : 'wake';
  }
  if (session === null || message.path !== session) return null;
  if (message.interface === SESSION && message.member === 'Lock') return 'lock';
  if (message.interface === 'org.freedesktop.DBus.Properties' && message.member === 'PropertiesChanged') {
    const changed = z.looseObject({ LockedHint: z.unknown() }).safeParse(message.body?.[1]);
    return changed.success && variantValue(changed.data.LockedHint) === true ? 'lock' : null;
  }
  return null;
}

async function ownSession(bus: MessageBus, sessionId: string | undefined): Promise<string | null> {
  const ask = async (member: string, signature: string, body: unknown[]): Promise<string | null> => {
    try {
      const request = { destination: SERVICE, path: '/org/freedesktop/login1', interface: MANAGER };
      const answer: unknown = await bus.invoke({ ...request, member, signature, body });
      return z.string().parse(answer);
    } catch (error) {
      if (error instanceof Error) return null;
      throw error;
    }
  };
  return (
    (await ask('GetSessionByPID', 'u', [process.pid])) ??
    (sessionId === undefined ? null : await ask('GetSession', 's', [sessionId]))
  );
}
