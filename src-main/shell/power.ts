import { powerMonitor } from 'electron';
import type { ClientCore } from '../../src-client/core.ts';
import type { SignInFlow } from '../app/sign-in-flow.ts';
import type { SleepGuard } from '../app/sleep-guard.ts';
import type { Quitting } from './quitting.ts';

export interface SystemWatchOptions {
  core: Pick<ClientCore, 'systemEvent' | 'onSystemEvent'>;
  signIn: Pick<SignInFlow, 'forget'>;
  quitting: Pick<Quitting, 'quitWithoutAsking'>;
  /** Linux: holds sleep back until we have locked. */
  sleepGuard: SleepGuard;
  platform: string;
}

/**
 * Sleep, lock, shutdown and signals. Electron's `lock-screen` does not exist on Linux, where the core asks logind.
 * Hearing of the same sleep twice does no harm.
 */
export function watchSystem({ core, signIn, quitting, sleepGuard, platform }: SystemWatchOptions): void {
  core.onSystemEvent((event) => {
    // Whoever sits down at an unlocked screen later does not go on with a half-finished sign-in.
    if (event === 'lock' || event === 'suspend') signIn.forget();
    if (event === 'suspend') sleepGuard.release();
    if (event === 'resume') sleepGuard.take();
  });
  powerMonitor.on('suspend', () => core.systemEvent('suspend'));
  powerMonitor.on('resume', () => core.systemEvent('resume'));
  powerMonitor.on('shutdown', () => quitting.quitWithoutAsking());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => quitting.quitWithoutAsking());
  if (platform === 'linux') {
    sleepGuard.take();
    return;
  }
  powerMonitor.on('lock-screen', () => core.systemEvent('lock'));
  if (platform === 'darwin') powerMonitor.on('user-did-resign-active', () => core.systemEvent('lock'));
}
