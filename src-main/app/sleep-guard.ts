import type { Logger } from 'pino';
import { findProgram, type HeldProgram, holdProgram } from '../../src-node/run-program.ts';

export interface SleepGuard {
  /** Has the computer wait for us before it next sleeps; idempotent. */
  take(): void;
  /** We are ready: it may sleep. */
  release(): void;
  /** For Help. */
  readonly state: string;
}

export interface SleepGuardOptions {
  platform: string;
  /** Of the system bus, for a bus that is not the system's own; an installed app gives none. */
  busAddress?: string;
  /** Absolute path of systemd-inhibit; null where there is none. */
  program?: string | null;
  log: Logger;
}

/**
 * Linux: a delay lock of logind, so that we lock before the computer sleeps and not after it woke (systemd-inhibit(1),
 * "delay"; it waits 5 s at most). The lock lasts as long as the program that holds it, which ends with our process.
 */
export function createSleepGuard(options: SleepGuardOptions): SleepGuard {
  const { platform, busAddress, log } = options;
  const program = options.program === undefined ? findProgram('systemd-inhibit') : options.program;
  let held: HeldProgram | null = null;
  let state = 'not held';

  function take(): void {
    if (platform !== 'linux' || held) return;
    const cat = findProgram('cat');
    if (program === null || cat === null) {
      if (state === 'not held') log.info('no systemd-inhibit: this computer may sleep before Postern locks');
      state = 'no, systemd-inhibit is missing';
      return;
    }
    const why = 'Locks the VPN before this computer sleeps';
    const started = holdProgram({
      path: program,
      args: ['--what=sleep', '--mode=delay', '--who=Postern', `--why=${why}`, cat],
      ...(busAddress === undefined ? {} : { env: { DBUS_SYSTEM_BUS_ADDRESS: busAddress } }),
    });
    held = started;
    state = 'yes';
    void started.ended.then((said) => {
      if (held !== started) return;
      held = null;
      state = `no, ${said || 'the lock was lost'}`;
      log.warn({ said }, 'sleep is not held back: this computer may sleep before Postern locks');
    });
  }

  return {
    take,
    release() {
      const holder = held;
      held = null;
      state = 'not held';
      holder?.release();
    },
    get state() {
      return platform === 'linux' ? state : 'by the system';
    },
  };
}
