import { type ChildProcess, spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/**
 * Copies between its own pipes and a program on a real pseudo-terminal of COLUMNS columns; exits as the program did.
 * SIGUSR1 makes the terminal 40 columns wide.
 */
const RELAY = `
import fcntl, os, pty, select, signal, struct, sys, termios
pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
def size(columns):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', 40, columns, 0, 0))
size(int(os.environ['COLUMNS']))
signal.signal(signal.SIGUSR1, lambda *_: size(40))
sources = [0, master]
while True:
    for source in select.select(sources, [], [])[0]:
        try:
            data = os.read(source, 65536)
        except OSError:
            data = b''
        if source == 0:
            if data: os.write(master, data)
            else: sources.remove(0)
        elif data:
            os.write(1, data)
        else:
            status = os.waitpid(pid, 0)[1]
            sys.exit(os.waitstatus_to_exitcode(status) % 256)
`;

const ERASE_LINE = '\u001b[2K';

export interface Terminal {
  /** Keys as they come from a keyboard: `\r` is Enter, `\x03` Ctrl-C, `\x1b` Esc. */
  press(keys: string): void;
  /** Everything that the terminal was told to show. */
  raw(): string;
  /** The same without escape sequences. */
  text(): string;
  /** Waits for the text, behind the last match; rejects after 20 s. */
  sees(text: string | RegExp): Promise<void>;
  /** Waits until what is drawn anew no longer has the text; rejects after `limitMs`. */
  gone(text: string, limitMs: number): Promise<void>;
  exitCode: Promise<number>;
  /** The window becomes 40 columns wide. */
  narrow(): void;
  kill(): void;
}

/** Runs a program on a pseudo-terminal of its own. */
export function openTerminal(
  command: string[],
  env: Record<string, string | undefined>,
  columns = 100,
): Terminal {
  const child: ChildProcess = spawn('python3', ['-c', RELAY, ...command], {
    env: { ...env, COLUMNS: String(columns) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let raw = '';
  let seenUpTo = 0;
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      raw += chunk;
    });
  const exitCode = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? -1));
  });
  return {
    press: (keys) => void child.stdin?.write(keys),
    raw: () => raw,
    text: () => stripVTControlCharacters(raw),
    async sees(wanted) {
      const deadline = Date.now() + 20_000;
      for (;;) {
        const rest = stripVTControlCharacters(raw).slice(seenUpTo);
        const at = typeof wanted === 'string' ? rest.indexOf(wanted) : rest.search(wanted);
        if (at >= 0) {
          seenUpTo += at + (typeof wanted === 'string' ? wanted.length : 1);
          return;
        }
        if (Date.now() > deadline) throw new Error(`did not see ${String(wanted)} in:\n${rest}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async gone(text, limitMs) {
      for (const deadline = Date.now() + limitMs; Date.now() < deadline; ) {
        // A prompt is erased line by line before it is drawn anew; this is its newest drawing.
        const newest = stripVTControlCharacters(
          raw.slice(raw.lastIndexOf(ERASE_LINE, raw.lastIndexOf('Enter:'))),
        );
        if (!newest.includes(text)) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`still saw ${text} in:\n${stripVTControlCharacters(raw).slice(seenUpTo)}`);
    },
    exitCode,
    narrow: () => void child.kill('SIGUSR1'),
    kill: () => void child.kill('SIGKILL'),
  };
}
