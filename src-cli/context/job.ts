import { readFileSync } from 'node:fs';

/** This process as a job of a shell: stopped with Ctrl-Z, continued with `fg` or `bg`. */
export interface Job {
  /** Stops it, with all that was started beside it; comes back when it is continued, or at once where no shell could. */
  stop(): void;
  onContinued(listener: () => void): void;
  /** Whether the terminal's keys are for it. Without Linux' /proc it is believed. */
  isInForeground(): boolean;
}

export const ownJob: Job = {
  // Zero is the whole group, as the terminal's own Ctrl-Z would do.
  stop: () => void process.kill(0, 'SIGTSTP'),
  onContinued: (listener) => void process.on('SIGCONT', listener),
  isInForeground() {
    if (process.platform !== 'linux') return true;
    // proc(5): behind the name in brackets state, parent, group, session, terminal, group in its foreground.
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return foreground === '-1' || group === foreground;
  },
};
