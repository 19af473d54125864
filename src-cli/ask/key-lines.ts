import { stripVTControlCharacters } from 'node:util';
import type { Keyboard } from './keyboard.ts';
import type { Lines } from './line-asker.ts';

const ENTER = /[\r\n]/;
const END_OF_INPUT = '\u0004';
const CTRL_C = '\u0003';
const ERASE_LINE = '\u0015';
const BACKSPACE = /[\b\u007f]/;

/**
 * Lines from the keyboard of a terminal that cannot move its cursor (TERM=dumb: an editor's shell, a serial line):
 * nothing is drawn anew, and only what may be seen is echoed. What was pasted behind a line break answers what is asked
 * next.
 */
export function createKeyLines(
  keyboard: Keyboard,
  screen: NodeJS.WritableStream,
  onInterrupt: () => void,
): Lines {
  let early = '';
  return {
    async next(signal, isVisible = false) {
      keyboard.open();
      const { input, detach } = keyboard.attach();
      const forget = keyboard.onTakenBack(() => screen.write('\n'));
      let line = '';
      try {
        return await new Promise<string | null | undefined>((resolve) => {
          const echo = (text: string) => (isVisible ? screen.write(text) : undefined);
          const take = (keys: string) => {
            // Arrows and the like say nothing here.
            const plain = stripVTControlCharacters(keys);
            for (const [at, key] of [...plain].entries()) {
              if (ENTER.test(key)) {
                screen.write('\n');
                early = [...plain].slice(at + 1).join('');
                return resolve(line);
              }
              if (key === CTRL_C) return onInterrupt();
              if (key === END_OF_INPUT && line === '') return resolve(null);
              if (key === ERASE_LINE) line = '';
              else if (BACKSPACE.test(key)) line = [...line].slice(0, -1).join('');
              else if (!/\p{Cc}/u.test(key)) {
                line += key;
                echo(key);
              }
            }
          };
          if (signal.aborted) return resolve(undefined);
          signal.addEventListener('abort', () => resolve(undefined), { once: true });
          input.on('data', (chunk: Buffer | string) => take(chunk.toString()));
          const pasted = early.replace(/^\n/, '');
          early = '';
          take(pasted);
        });
      } finally {
        forget();
        detach();
      }
    },
    close: () => undefined,
  };
}
