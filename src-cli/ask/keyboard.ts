import { PassThrough } from 'node:stream';
import type { ReadStream } from 'node:tty';

/** The keyboard of a terminal in raw mode: nothing typed is ever echoed, also not between two prompts. */
export interface Keyboard {
  /** Raw mode on. Idempotent. */
  open(): void;
  /** What is typed goes to the returned stream until the returned function is called. One at a time. */
  attach(): { input: PassThrough; detach: () => void };
  /** Raw mode off, and the process may end. Idempotent. */
  close(): void;
}

const CTRL_C = '\u0003';
const CTRL_Z = '\u001a';

/**
 * Takes a terminal over. Keys that come while no prompt is attached are dropped, except Ctrl-C, which is
 * `onInterrupt`; a terminal that went away is `onHangUp`. Prompts read from a stream of their own, so that their end does not switch echo back on.
 */
export function createKeyboard(
  stdin: ReadStream,
  { onInterrupt, onHangUp }: { onInterrupt: () => void; onHangUp: () => void },
): Keyboard {
  let isOpen = false;
  let attached: PassThrough | null = null;
  const onData = (chunk: Buffer | string) => {
    // Suspending would leave the shell with a terminal in raw mode.
    const keys = chunk.toString().replaceAll(CTRL_Z, '');
    if (attached) attached.write(keys);
    else if (keys.includes(CTRL_C)) onInterrupt();
  };
  return {
    open() {
      if (isOpen) return;
      isOpen = true;
      stdin.setRawMode(true);
      stdin.setEncoding('utf8');
      stdin.on('data', onData);
      stdin.on('end', onHangUp);
      // Stays after `close`: a terminal may go away at any time, and reading from it fails then.
      stdin.on('error', onHangUp);
      stdin.resume();
    },
    attach() {
      const input = new PassThrough();
      input.setEncoding('utf8');
      attached = input;
      const detach = () => {
        if (attached === input) attached = null;
        input.destroy();
      };
      return { input, detach };
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      stdin.off('data', onData);
      stdin.off('end', onHangUp);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}
