import { powerMonitor } from 'electron';
import type { Logger } from 'pino';
import type { ClientCore } from '../../src-client/core.ts';
import { systemBusAddress } from '../../src-client/system-bus.ts';
import { watchLogind } from '../app/logind-watch.ts';
import type { SignInFlow } from '../app/sign-in-flow.ts';
import type { SleepGuard } from '../app/sleep-guard.ts';
import type { Quitting } from './quitting.ts';

export interface SystemWatchOptions {
  core: Pick<ClientCore, 'systemEvent'>;
  signIn: Pick<SignInFlow, 'forget'>;
  quitting: Pick<Quitting, 'quitWithoutAsking'>;
  /** Linux: holds sleep back until we have locked. */
  sleepGuard: SleepGuard;
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
  const { core, signIn, quitting, sleepGuard, platform, isPackaged, env, log } = options;
  /** Whoever sits down at an unlocked screen later does not go on with a half-finished sign-in, PIN or code. */
  const onLock = () => {
    signIn.forget();
    core.systemEvent('lock');
  };
  const onSleep = (isGoingToSleep: boolean) => {
    if (isGoingToSleep) signIn.forget();
    core.systemEvent(isGoingToSleep ? 'suspend' : 'resume');
    if (isGoingToSleep) sleepGuard.release();
    else sleepGuard.take();
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
  sleepGuard.take();
  const busAddress = systemBusAddress({ isPackaged, env });
  if (busAddress === null) {
    log.info('no system bus: locking the screen goes unnoticed');
    return;
  }
  void watchLogind({ busAddress, sessionId: env.XDG_SESSION_ID, onLock, onSleep, log });
}
