import type { WriteStream } from 'node:tty';

const SAVE = '\u001b7';
const RESTORE = '\u001b8';
const MIN_ROWS = 8;

/**
 * Keeps the first line of the terminal for ourselves while programs below write and scroll as they like: the
 * scrolling region (DECSTBM) begins at the second line. Does nothing on a terminal that is too small or too simple.
 */
export function createStatusLine(terminal: WriteStream, text: () => string) {
  const isUsable = () => terminal.isTTY && process.env.TERM !== 'dumb' && terminal.rows >= MIN_ROWS;
  let timer: NodeJS.Timeout | null = null;

  const draw = (): void => {
    if (!isUsable()) return;
    const line = [...text()].slice(0, terminal.columns - 1).join('');
    terminal.write(`${SAVE}\u001b[1;1H\u001b[7m${line.padEnd(terminal.columns)}\u001b[0m${RESTORE}`);
  };
  const reserve = (): void => {
    if (!isUsable()) return;
    terminal.write(`${SAVE}\u001b[2;${terminal.rows}r${RESTORE}`);
    draw();
  };
  return {
    isUsable,
    show(): void {
      if (timer !== null || !isUsable()) return;
      terminal.write('\u001b[2J\u001b[2;1H');
      reserve();
      terminal.on('resize', reserve);
      timer = setInterval(draw, 1000);
    },
    hide(): void {
      if (timer === null) return;
      clearInterval(timer);
      timer = null;
      terminal.off('resize', reserve);
      terminal.write(`${SAVE}\u001b[r\u001b[1;1H\u001b[2K${RESTORE}`);
    },
  };
}
