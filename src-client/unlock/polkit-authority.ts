import { type CallOptions, createClient, type Message, type MessageBus } from 'dbus-native';
import type { Logger } from 'pino';
import * as z from 'zod';

const NAME = 'org.freedesktop.PolicyKit1';
const PATH = '/org/freedesktop/PolicyKit1/Authority';
const AUTHORITY = 'org.freedesktop.PolicyKit1.Authority';
const BUS = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};
const CALL_TIMEOUT_MS = 5_000;

export interface Authorization {
  isAuthorized: boolean;
  /** Asking somebody could change the answer. */
  isChallenge: boolean;
  /** The person has closed the dialog. */
  isDismissed: boolean;
}

/** polkit on one connection, whose own name on the bus is the subject of every check. */
export interface PolkitAuthority {
  /** Ids of all actions; null when it does not answer as polkit would. */
  actions(): Promise<string[] | null>;
  check(
    action: string,
    mode: 'without-asking' | 'ask-the-user',
    cancellationId: string,
    signal?: AbortSignal,
  ): Promise<Authorization | 'aborted' | 'failed'>;
  close(): Promise<void>;
}

const string = z.string();
const actionList = z.array(z.tuple([z.string()]).rest(z.unknown()));
const authorization = z.tuple([z.boolean(), z.boolean(), z.record(z.string(), z.string())]);

/**
 * Connects and looks up who answers to polkit's name. All further calls go to that owner by its unique name, so that
 * nobody can take the name in between. Null when there is no bus, no polkit, or one of another user.
 */
export async function openAuthority(
  busAddress: string,
  isTrustedOwner: (uid: number) => boolean,
  log: Logger,
): Promise<PolkitAuthority | null> {
  let bus: MessageBus;
  try {
    bus = createClient({ busAddress, timeout: CALL_TIMEOUT_MS });
  } catch (error) {
    // An address of a kind that the library does not know.
    if (!(error instanceof Error)) throw error;
    log.warn({ err: error }, 'system bus address not understood');
    return null;
  }
  const lost = new Promise<never>((_, reject) => {
    bus.connection.on('error', (error: unknown) =>
      reject(error instanceof Error ? error : new Error('system bus lost')),
    );
  });
  // Also when nobody is waiting.
  lost.catch(() => undefined);
  const call = (message: Message, options: CallOptions = {}): Promise<unknown> =>
    Promise.race([Promise.resolve(bus.invoke(message, options)), lost]);

  try {
    // Starts polkit where it is not running yet.
    await call({ ...BUS, member: 'StartServiceByName', signature: 'su', body: [NAME, 0] }).catch(
      () => undefined,
    );
    const owner = string.parse(await call({ ...BUS, member: 'GetNameOwner', signature: 's', body: [NAME] }));
    const uid = z
      .number()
      .parse(await call({ ...BUS, member: 'GetConnectionUnixUser', signature: 's', body: [owner] }));
    if (isTrustedOwner(uid)) return authorityOf(bus, owner, call, log);
    log.warn({ uid }, 'polkit belongs to somebody who may not have it');
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    log.info({ err: error }, 'polkit cannot be reached');
  }
  await bus.close();
  return null;
}

function authorityOf(
  bus: MessageBus,
  owner: string,
  call: (message: Message, options?: CallOptions) => Promise<unknown>,
  log: Logger,
): PolkitAuthority {
  const request = { destination: owner, path: PATH, interface: AUTHORITY };

  async function cancel(id: string): Promise<void> {
    try {
      await call({ ...request, member: 'CancelCheckAuthorization', signature: 's', body: [id] });
    } catch (error) {
      // It had its answer already, or polkit is gone: nothing is left to take back.
      if (!(error instanceof Error)) throw error;
      log.info({ err: error }, 'polkit had nothing to take back');
    }
  }

  return {
    async actions() {
      try {
        const answer = await call({ ...request, member: 'EnumerateActions', signature: 's', body: [''] });
        return actionList.parse(answer).map(([id]) => id);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        log.warn({ err: error }, 'polkit does not list its actions');
        return null;
      }
    },
    async check(action, mode, cancellationId, signal) {
      const subject = ['system-bus-name', [['name', ['s', bus.name]]]];
      const flags = mode === 'ask-the-user' ? 1 : 0;
      const message = {
        ...request,
        member: 'CheckAuthorization',
        signature: '(sa{sv})sa{ss}us',
        // Details stay empty: from an ordinary user polkit takes none.
        body: [subject, action, [], flags, cancellationId],
      };
      try {
        // A person takes as long as they take; the caller keeps the time limit.
        const answer = await call(message, {
          timeout: flags === 1 ? 0 : CALL_TIMEOUT_MS,
          ...(signal ? { signal } : {}),
        });
        const [isAuthorized, isChallenge, details] = authorization.parse(answer);
        const isDismissed = Object.hasOwn(details, 'polkit.dismissed');
        return { isAuthorized, isChallenge, isDismissed };
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        if (signal?.aborted) {
          await cancel(cancellationId);
          return 'aborted';
        }
        log.warn({ err: error }, 'polkit did not answer');
        return 'failed';
      }
    },
    close: async () => {
      await bus.close();
    },
  };
}
