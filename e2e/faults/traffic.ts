import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import type { Addressing } from '../../lab/stack/addressing.ts';
import { inNetns } from '../../lab/stack/namespaces.ts';

const PORT = 9017;
const script = path.join(import.meta.dirname, 'traffic-program.ts');
const report = z.object({ count: z.number(), longestGapMs: z.number() });

/** Datagrams that were sent at or after the asked time and arrived; the longest silence since then, in milliseconds. */
export type TrafficReport = z.infer<typeof report>;

/** CLOCK_MONOTONIC in nanoseconds, as the datagrams carry it. */
export const nowNs = (): number => Number(process.hrtime.bigint());

class TrafficEnd {
  readonly #child: ChildProcess;
  readonly #waiting: ((line: string) => void)[] = [];

  constructor(netns: string, args: readonly string[]) {
    const command = ['setpriv', '--pdeathsig', 'KILL', process.execPath, script, ...args];
    const [file = '', ...rest] = inNetns(netns, command);
    this.#child = spawn(file, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.#child.stdout)
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.#waiting.shift()?.(line));
  }

  next(): Promise<string> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async since(timeNs: number): Promise<TrafficReport> {
    const answer = this.next();
    this.#child.stdin?.write(`${timeNs}\n`);
    return report.parse(JSON.parse(await answer));
  }

  stop(): void {
    this.#child.kill();
  }
}

/** A datagram every 5 ms from the laptop to the machine behind the gateway, which sends each one back. */
export class Traffic {
  readonly #laptop: TrafficEnd;
  readonly #target: TrafficEnd;

  private constructor(laptop: TrafficEnd, target: TrafficEnd) {
    this.#laptop = laptop;
    this.#target = target;
  }

  static async start(plan: Addressing): Promise<Traffic> {
    const target = new TrafficEnd(plan.targetNetns, ['echo', plan.target, String(PORT)]);
    const laptop = new TrafficEnd(plan.laptopNetns, ['send', plan.target, String(PORT)]);
    await Promise.all([target.next(), laptop.next()]);
    return new Traffic(laptop, target);
  }

  /** What came back to the laptop. */
  answered(sinceNs: number): Promise<TrafficReport> {
    return this.#laptop.since(sinceNs);
  }

  /** What got through the gateway at all, answered or not. */
  delivered(sinceNs: number): Promise<TrafficReport> {
    return this.#target.since(sinceNs);
  }

  stop(): void {
    this.#laptop.stop();
    this.#target.stop();
  }
}
