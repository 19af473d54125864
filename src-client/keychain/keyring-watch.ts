import { createClient, type Message, type MessageBus } from 'dbus-native';
import type { Logger } from 'pino';
import { SERVICE } from './secret-service.ts';

/** Not every keyring says that it was opened, and the user looks at what we show. */
const CHECK_INTERVAL_MS = 1_500;

export interface KeyringWatchOptions {
  /** Of the session; null: there is none, or this system's keychain is no service on a bus. */
  busAddress: string | null;
  /** Secrets that were locked may have become readable: look again. */
  onNews: () => void;
  log: Logger;
}

/**
 * For as long as something is locked: calls back at each word of the Secret Service (`PropertiesChanged` of a
 * collection and whatever else it says) and every 1.5 s. Asks the service for nothing, unlocks nothing, prompts nobody.
 */
export function watchKeyring({ busAddress, onNews, log }: KeyringWatchOptions): { stop(): void } {
  const timer = setInterval(onNews, CHECK_INTERVAL_MS);
  const bus = busAddress === null ? null : hear(busAddress, onNews, log);
  return {
    stop() {
      clearInterval(timer);
      void bus?.close();
    },
  };
}

/** Null when the bus cannot be used; then the timer has to do. */
function hear(busAddress: string, onNews: () => void, log: Logger): MessageBus | null {
  try {
    const bus = createClient({ busAddress });
    bus.connection.on('error', (error: unknown) => log.warn({ err: error }, 'keyring cannot be heard'));
    bus.connection.on('message', (message: Message) => {
      if (message.path?.startsWith('/org/freedesktop/secrets')) onNews();
    });
    bus
      .addMatch(`type='signal',sender='${SERVICE}'`)
      .catch((error: unknown) => log.warn({ err: error }, 'keyring cannot be heard'));
    return bus;
  } catch (error) {
    // An address of a kind that the library does not know.
    if (!(error instanceof Error)) throw error;
    log.warn({ err: error }, 'session bus address not understood');
    return null;
  }
}
