import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

const script = path.join(import.meta.dirname, 'probe.py');

/** CLOCK_MONOTONIC in nanoseconds, comparable with the probes' times. */
export const nowNs = (): number => Number(process.hrtime.bigint());

class ProbeProcess {
  readonly #child: ChildProcess;
  readonly #waiting: ((words: string[]) => void)[] = [];

  constructor(command: string[]) {
    const [file = '', ...args] = command;
    this.#child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.#child.stdout)
      createInterface({ input: this.#child.stdout }).on('line', (line) =>
        this.#waiting.shift()?.(line.split(' ')),
      );
  }

  next(): Promise<string[]> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  stop(): void {
    this.#child.kill();
  }
}

/** The end behind the gateway: knows when the newest datagram came through. */
export class EchoProbe {
  readonly #process: ProbeProcess;
  private constructor(process: ProbeProcess) {
    this.#process = process;
  }

  static async start(prefix: string[], address: string, port: number): Promise<EchoProbe> {
    const probe = new ProbeProcess([...prefix, 'python3', script, 'echo', address, String(port)]);
    await probe.next();
    return new EchoProbe(probe);
  }

  async #last(): Promise<number> {
    const answer = this.#process.next();
    this.#process.tell('last 0');
    return Number((await answer)[1]);
  }

  /** When the last datagram came through, once `quietMs` have passed without one; `after` when none came since. */
  async lastPacket(after: number, quietMs: number): Promise<number> {
    const deadline = nowNs() + 15e9;
    for (;;) {
      const last = Math.max(after, await this.#last());
      if (nowNs() - last > quietMs * 1e6) return last;
      if (nowNs() > deadline) throw new Error('traffic did not stop within 15 s');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  stop(): void {
    this.#process.stop();
  }
}

/** The end on the laptop: sends without a pause and says when the first answer came back. */
export class SendProbe {
  readonly #process: ProbeProcess;
  private constructor(process: ProbeProcess) {
    this.#process = process;
  }

  static async start(address: string, port: number, intervalUs: number): Promise<SendProbe> {
    const probe = new ProbeProcess(['python3', script, 'send', address, String(port), String(intervalUs)]);
    await probe.next();
    return new SendProbe(probe);
  }

  /** Resolves with the time of the first answer to a datagram sent at or after `since`. */
  async first(since: number): Promise<number> {
    const answer = this.#process.next();
    this.#process.tell(`arm ${since}`);
    return Number((await answer)[1]);
  }

  setInterval(us: number): void {
    this.#process.tell(`interval ${us}`);
  }

  stop(): void {
    this.#process.stop();
  }
}
