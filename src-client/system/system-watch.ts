import type { Logger } from 'pino';
import { systemBusAddress } from '../system-bus.ts';
import { watchLogind } from './logind-watch.ts';

/** What the operating system tells of: `lock` of the screen, and sleep before and after. */
export type SystemEvent = 'suspend' | 'resume' | 'lock' | 'network-changed';

/** Watches for as long as a profile is open. */
export type WatchSystem = (onEvent: (event: SystemEvent) => void) => { stop(): void };

export interface SystemWatchOptions {
  platform: string;
  isPackaged: boolean;
  env: Readonly<Record<string, string | undefined>>;
  uid: number;
  log: Logger;
}

/** Linux: logind, where there is a system bus to trust. Elsewhere the shell has to tell (`ClientCore.systemEvent`). */
export function systemWatch({ platform, isPackaged, env, uid, log }: SystemWatchOptions): WatchSystem {
  return (onEvent) => {
    const busAddress = platform === 'linux' ? systemBusAddress({ isPackaged, env }) : null;
    if (busAddress === null) {
      if (platform === 'linux') log.info('no system bus: sleep and locking the screen go unnoticed');
      return { stop: () => undefined };
    }
    return watchLogind({
      busAddress,
      sessionId: env.XDG_SESSION_ID,
      uid,
      onLock: () => onEvent('lock'),
      onSleep: (isGoing) => onEvent(isGoing ? 'suspend' : 'resume'),
      log,
    });
  };
}
