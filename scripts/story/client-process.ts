import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { StoryError } from './narrator.ts';

const line = z.looseObject({ event: z.string() });
export type ClientEvent = z.infer<typeof line>;

export interface Seen {
  event: ClientEvent;
  /** `performance.now()` when the line arrived. */
  at: number;
}

/** A real `postern … --json` process on the laptop, driven over its pipes as a person would at the keyboard. */
export interface ClientProcess {
  readonly seen: readonly Seen[];
  /** The first event at or after index `from` for which `isWanted` holds; rejects after `timeoutMs` or at the end. */
  waitFor(
    what: string,
    isWanted: (event: ClientEvent) => boolean,
    from?: number,
    timeoutMs?: number,
  ): Promise<Seen>;
  type(text: string): void;
  endInput(): void;
  kill(signal: NodeJS.Signals): void;
  /** Exit code, null after a signal. */
  readonly ended: Promise<number | null>;
}

const TIMEOUT_MS = 30_000;

export function startClient(shell: string, args: readonly string[]): ClientProcess {
  const child = spawn(shell, ['setpriv', '--pdeathsig', 'KILL', 'postern', ...args, '--json'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {},
    detached: true,
  });
  const seen: Seen[] = [];
  let errors = '';
  let code: number | null | undefined;
  const wakers = new Set<() => void>();
  const wake = (): void => {
    for (const waker of [...wakers]) waker();
  };
  createInterface({ input: child.stdout }).on('line', (text) => {
    const at = performance.now();
    const parsed = line.safeParse(text.startsWith('{') ? JSON.parse(text) : null);
    if (parsed.success) seen.push({ event: parsed.data, at });
    else errors += `${text}\n`;
    wake();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  // Input that comes too late for a process that is gone; its exit code says so.
  child.stdin.on('error', () => child.stdin.destroy());
  const { promise: ended, resolve } = Promise.withResolvers<number | null>();
  child.on('error', (error) => {
    errors += error.message;
    code = null;
    resolve(null);
    wake();
  });
  child.on('close', (status) => {
    code = status;
    resolve(status);
    wake();
  });
  const lastWords = (): string =>
    [...seen.slice(-3).map(({ event }) => JSON.stringify(event).slice(0, 400)), errors.trim()]
      .filter(Boolean)
      .join('\n');

  return {
    seen,
    ended,
    type: (text) => void child.stdin.write(`${text}\n`),
    endInput: () => void child.stdin.end(),
    kill: (signal) => void child.kill(signal),
    waitFor(what, isWanted, from = 0, timeoutMs = TIMEOUT_MS) {
      return new Promise<Seen>((found, reject) => {
        let next = from;
        const finish = (): void => {
          clearTimeout(timer);
          wakers.delete(look);
        };
        const look = (): void => {
          for (; next < seen.length; next++) {
            const candidate = seen[next];
            if (!candidate || !isWanted(candidate.event)) continue;
            finish();
            found(candidate);
            return;
          }
          if (code === undefined) return;
          finish();
          reject(new StoryError(`the client ended with code ${code} before ${what}:\n${lastWords()}`));
        };
        const timer = setTimeout(() => {
          finish();
          reject(new StoryError(`waited ${timeoutMs / 1000} s in vain until ${what}:\n${lastWords()}`));
        }, timeoutMs);
        wakers.add(look);
        look();
      });
    },
  };
}

const snapshot = z.looseObject({ event: z.literal('snapshot'), phase: z.string() });

/** Whether the event is a snapshot in this phase. */
export function isPhase(phase: string): (event: ClientEvent) => boolean {
  return (event) => snapshot.safeParse(event).data?.phase === phase;
}

/** Whether the event asks for an answer, optionally of one kind. */
export function isPrompt(kind?: string): (event: ClientEvent) => boolean {
  return (event) => event.event === 'prompt' && (kind === undefined || event.kind === kind);
}

const proof = z.looseObject({
  event: z.literal('proof'),
  ok: z.boolean(),
  problem: z.looseObject({ code: z.string(), detail: z.string() }).optional(),
});

/** The server's word on a code, when the event is one. */
export function proofOutcome(event: ClientEvent): z.infer<typeof proof> | null {
  return proof.safeParse(event).data ?? null;
}

const gate = z.looseObject({
  phase: z.literal('gate'),
  prompt: z.looseObject({
    reason: z.looseObject({ message: z.string(), incidentId: z.string().nullable() }).nullable(),
  }),
});

/** Why the gate is shown, when the event is a snapshot of it. */
export function gateReason(event: ClientEvent): { message: string; incidentId: string | null } | null {
  return gate.safeParse(event).data?.prompt.reason ?? null;
}
