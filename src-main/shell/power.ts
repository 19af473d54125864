import { powerMonitor } from 'electron';
import type { Logger } from 'pino';
import { watchLogind } from '../app/logind-watch.ts';
import type { SignInFlow } from '../app/sign-in-flow.ts';
import { systemBusAddress } from '../app/system-bus.ts';
import type { ClientCore } from '../client/core.ts';
import type { Quitting } from './quitting.ts';

export interface SystemWatchOptions {
  core: Pick<ClientCore, 'systemEvent'>;
  signIn: Pick<SignInFlow, 'forget'>;
  quitting: Pick<Quitting, 'quitWithoutAsking'>;
  platform: string;
  isPackaged: boolean;
  env: Readonly<Record<string, string | undefined>>;
  log: Logger;
}

/**
 * Sleep, lock, shutdown and signals. Electron's `lock-screen` does not exist on Linux, where logind is asked instead.
 * Hearing of the same sleep twice does no harm.
 */
export function watchSystem(options: SystemWatchOptions): void {
  const { core, signIn, quitting, platform, isPackaged, env, log } = options;
  /** Whoever sits down at an unlocked screen later does not go on with a half-finished sign-in. */
  const onLock = () => signIn.forget();
  const onSleep = (isGoingToSleep: boolean) => {
    if (isGoingToSleep) onLock();
    core.systemEvent(isGoingToSleep ? 'suspend' : 'resume');
  };
  powerMonitor.on('suspend', () => onSleep(true));
  powerMonitor.on('resume', () => onSleep(false));
  powerMonitor.on('shutdown', () => quitting.quitWithoutAsking());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => quitting.quitWithoutAsking());
  if (platform !== 'linux') {
    powerMonitor.on('lock-screen', onLock);
    if (platform === 'darwin') powerMonitor.on('user-did-resign-active', onLock);
    return;
  }
  const busAddress = systemBusAddress({ isPackaged, env });
  if (busAddress === null) {
    log.info('no system bus: locking the screen goes unnoticed');
    return;
  }
  void watchLogind({ busAddress, sessionId: env.XDG_SESSION_ID, onLock, onSleep, log });
}
