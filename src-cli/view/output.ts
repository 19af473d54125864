import type { Problem } from '../../src-shared/problem.ts';
import { cutTo } from './columns.ts';
import { fixed, problemWords } from './words.ts';

/** What is put to the user, as it goes out with `--json`. Never carries what the user answered. */
export type JsonEvent = { event: string } & Record<string, unknown>;

/** Where a command speaks: to a person in sentences, or to a program in JSON lines. Each ignores the other's calls. */
export interface Output {
  /** There is a refreshed line to keep up to date. */
  readonly isLive: boolean;
  /** Of the terminal that shows it; null: none. */
  readonly columns: number | null;
  /** One line for a person. */
  say(line: string): void;
  /** Replaces the refreshed line (terminals only); null takes it away. */
  status(line: string | null): void;
  /** While held, lines wait, because a prompt owns the screen. */
  hold(isHeld: boolean): void;
  /** One JSON object on its own line. */
  event(event: JsonEvent): void;
  /**
   * A refusal that ends the command: sentence and next step on standard error, or an `error` event. `nextStep`: another
   * one than goes with the problem.
   */
  refuse(problem: Problem, nextStep?: string): void;
}

export interface Sink {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

const CLEAR_LINE = '\r\u001b[2K';

/** Sentences on `out`, refusals on `err`, and on a terminal that is no `dumb` one a refreshed line below them. */
export function createHumanOutput(out: Sink, err: Sink, isDumb = false): Output {
  let statusLine: string | null = null;
  let isHeld = false;
  let waiting: (() => void)[] = [];
  const isTerminal = out.isTTY === true && !isDumb;
  const clear = () => {
    if (isTerminal && statusLine !== null) out.write(CLEAR_LINE);
  };
  const draw = () => {
    if (!isTerminal || isHeld || statusLine === null) return;
    const width = Math.max(20, (out.columns ?? 80) - 1);
    out.write(CLEAR_LINE + cutTo(statusLine, width));
  };
  const show = (sink: Sink, line: string) => {
    const write = () => {
      clear();
      sink.write(`${line}\n`);
      draw();
    };
    if (isHeld) waiting.push(write);
    else write();
  };
  return {
    isLive: isTerminal,
    get columns() {
      return out.isTTY === true ? (out.columns ?? 80) : null;
    },
    say: (line) => show(out, line),
    status(line) {
      if (line === statusLine) return;
      if (!isHeld) clear();
      statusLine = line;
      draw();
    },
    hold(next) {
      if (next === isHeld) return;
      if (next) clear();
      isHeld = next;
      if (next) return;
      const writes = waiting;
      waiting = [];
      for (const write of writes) write();
      draw();
    },
    event: () => undefined,
    refuse(problem, otherStep) {
      const { sentence, nextStep: usual } = problemWords(problem);
      const nextStep = otherStep ?? usual;
      show(err, nextStep === null ? sentence : `${sentence}\n${nextStep}`);
    },
  };
}

/** One JSON object per line on `out`, nothing else. */
export function createJsonOutput(out: Sink): Output {
  const event = (value: JsonEvent) => void out.write(`${JSON.stringify(value)}\n`);
  return {
    isLive: false,
    columns: null,
    say: () => undefined,
    status: () => undefined,
    hold: () => undefined,
    event,
    refuse: (problem, nextStep) => event(errorEvent(problem, nextStep)),
  };
}

/** A refusal as `--json` prints it: code, sentence, next step. */
export function errorEvent(problem: Problem, otherStep?: string): JsonEvent {
  const { sentence, nextStep } = problemWords(problem);
  return {
    event: 'error',
    problem: { code: problem.code, title: problem.title, detail: sentence },
    nextStep: otherStep ?? nextStep,
  };
}

/** Prints the goodbye of a second Ctrl-C. */
export function sayQuitHard(output: Output): void {
  output.hold(false);
  output.status(null);
  output.say(fixed.quitHard);
}
