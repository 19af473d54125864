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
  uid: number;
  onLock: () => void;
  onSleep: (isGoingToSleep: boolean) => void;
  log: Logger;
}

/**
 * Hears from logind that the screen was locked or the computer goes to sleep. A bus that is missing or lost is logged,
 * and nothing is heard. Signals may lock; nothing that comes over a bus ever unlocks. Source: org.freedesktop.login1(5).
 */
export function watchLogind(options: LogindOptions): { stop(): void } {
  const { log } = options;
  let bus: MessageBus;
  try {
    bus = createClient({ busAddress: options.busAddress, timeout: CALL_TIMEOUT_MS });
  } catch (error) {
    log.warn({ err: error }, 'system bus cannot be used');
    return { stop: () => undefined };
  }
  let isStopped = false;
  let session: string | null = null;
  bus.connection.on('error', (error: unknown) => {
    if (!isStopped) log.warn({ err: error }, 'system bus lost');
  });
  bus.connection.on('message', (message: Message) => {
    const event = eventOf(message, session);
    if (event === 'lock') options.onLock();
    else if (event !== null) options.onSleep(event === 'sleep');
  });
  async function listen(): Promise<void> {
    try {
      await bus.addMatch(`type='signal',sender='${SERVICE}',interface='${MANAGER}',member='PrepareForSleep'`);
      session = await ownSession(bus, options);
      if (session !== null) await bus.addMatch(`type='signal',sender='${SERVICE}',path='${session}'`);
      log.info({ hasSession: session !== null }, 'listening to logind');
    } catch (error) {
      if (!isStopped) log.warn({ err: error }, 'logind cannot be heard');
    }
  }
  void listen();
  return {
    stop() {
      isStopped = true;
      void bus.close();
    },
  };
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

/** Object path of the session at whose screen the user sits: that of the process, the named one, or the user's. */
async function ownSession(
  bus: MessageBus,
  { sessionId, uid }: Pick<LogindOptions, 'sessionId' | 'uid'>,
): Promise<string | null> {
  const ask = async (path: string, iface: string, member: string, signature: string, body: unknown[]) => {
    try {
      const answer: unknown = await bus.invoke({
        ...{ destination: SERVICE, path, interface: iface, member, signature, body },
      });
      return answer;
    } catch (error) {
      if (error instanceof Error) return null;
      throw error;
    }
  };
  const objectOf = async (member: string, signature: string, value: unknown): Promise<string | null> =>
    z
      .string()
      .nullable()
      .parse(await ask('/org/freedesktop/login1', MANAGER, member, signature, [value]));
  const own =
    (await objectOf('GetSessionByPID', 'u', process.pid)) ??
    (sessionId === undefined ? null : await objectOf('GetSession', 's', sessionId));
  if (own !== null) return own;
  // A terminal of the desktop is a service of the user and in no session.
  const user = await objectOf('GetUser', 'u', uid);
  if (user === null) return null;
  const properties = 'org.freedesktop.DBus.Properties';
  const display = await ask(user, properties, 'Get', 'ss', ['org.freedesktop.login1.User', 'Display']);
  const [, path = '/'] = z.tuple([z.string(), z.string()]).safeParse(variantValue(display)).data ?? [];
  return path === '/' ? null : path;
}
