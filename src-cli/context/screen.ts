import { openSync } from 'node:fs';
import { WriteStream } from 'node:tty';

/** The terminal of this process, to ask on when its outputs are files (`postern sign-in >log 2>&1`); null: it has none. */
export function openScreen(): WriteStream | null {
  try {
    const screen = new WriteStream(openSync('/dev/tty', 'w'));
    // Each prompt ends what it wrote to, as pipes do with all but a process's own outputs; there are more to come.
    return Object.assign(screen, { end: () => screen });
  } catch (error) {
    // ENXIO and ENOENT: no terminal; on Windows there is no such file.
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}
