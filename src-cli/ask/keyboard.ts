import { PassThrough } from 'node:stream';
import type { ReadStream } from 'node:tty';

/** The keyboard of a terminal in raw mode: nothing typed is ever echoed, also not between two prompts. */
export interface Keyboard {
  /** Raw mode on. Idempotent. */
  open(): void;
  /** What is typed goes to the returned stream until the returned function is called. One at a time. */
  attach(): { input: PassThrough; detach: () => void };
  /** The terminal as it was found, for a shell. `takeBack` ends that. */
  giveBack(): void;
  /** Reads no more, and leaves the terminal as it is: it is another's. `takeBack` ends that. */
  rest(): void;
  /** Raw mode on again, whatever a shell has made of the terminal meanwhile; what was on the screen is drawn anew. */
  takeBack(): void;
  /** Calls back after `takeBack`, until the returned function is called. */
  onTakenBack(listener: () => void): () => void;
  /** Raw mode off, and the process may end. Idempotent. */
  close(): void;
}

const CTRL_C = '\u0003';
const CTRL_Z = '\u001a';

/**
 * Takes a terminal over. Keys that come while no prompt is attached are dropped, except Ctrl-C, which is
 * `onInterrupt`, and Ctrl-Z, which is always `onStop`; a terminal that went away is `onHangUp`. Prompts read from a
 * stream of their own, so that their end does not switch echo back on.
 */
export function createKeyboard(
  stdin: ReadStream,
  { onInterrupt, onHangUp, onStop }: Record<'onInterrupt' | 'onHangUp' | 'onStop', () => void>,
): Keyboard {
  const redraws = new Set<() => void>();
  let isOpen = false;
  let isResting = false;
  let attached: PassThrough | null = null;
  const onData = (chunk: Buffer | string) => {
    const text = chunk.toString();
    const keys = text.replaceAll(CTRL_Z, '');
    if (attached) attached.write(keys);
    else if (keys.includes(CTRL_C)) onInterrupt();
    if (text.includes(CTRL_Z)) onStop();
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
    giveBack() {
      if (!isOpen) return;
      stdin.setRawMode(false);
      stdin.pause();
    },
    rest() {
      if (!isOpen) return;
      isResting = true;
      stdin.pause();
    },
    takeBack() {
      if (!isOpen) return;
      isResting = false;
      // Node believes it to be in the mode that it was last told; the shell has set its own.
      stdin.setRawMode(false);
      stdin.setRawMode(true);
      stdin.resume();
      // Drawing subscribes anew.
      for (const redraw of [...redraws]) redraw();
    },
    onTakenBack(listener) {
      redraws.add(listener);
      return () => redraws.delete(listener);
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      stdin.off('data', onData);
      stdin.off('end', onHangUp);
      // Who sets another's terminal is stopped for it.
      if (!isResting) stdin.setRawMode(false);
      stdin.pause();
    },
  };
}
