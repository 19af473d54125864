import { createInterface, type Interface } from 'node:readline';
import type { CodeMethod } from '../../src-shared/otp-code.ts';
import type { Output } from '../view/output.ts';
import { parseAnswer, pinRefusal } from './answer.ts';
import type { Asked, Asker } from './asker.ts';

/** Lines of a stream, kept until somebody asks for them. */
export interface Lines {
  /** The next line; null at the end of the input, undefined when the signal aborted first. Echoed where it is visible. */
  next(signal: AbortSignal, isVisible?: boolean): Promise<string | null | undefined>;
  close(): void;
}

/** Starts to read when the first line is asked for, so that a command without questions leaves its input alone. */
export function createLines(input: NodeJS.ReadableStream): Lines {
  const lines: string[] = [];
  let hasEnded = false;
  let reader: Interface | null = null;
  let wake: (() => void) | null = null;
  const open = () => {
    reader = createInterface({ input, terminal: false });
    reader.on('line', (line) => {
      lines.push(line);
      wake?.();
    });
    reader.on('close', () => {
      hasEnded = true;
      wake?.();
    });
  };
  return {
    async next(signal) {
      if (!reader) open();
      while (!signal.aborted) {
        const line = lines.shift();
        if (line !== undefined) return line;
        if (hasEnded) return null;
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      return undefined;
    },
    close: () => reader?.close(),
  };
}

/**
 * Asks in words (or `prompt` events) and reads each answer as one line of the input: a script's, or a person's
 * (`isInteractive`) at a terminal where nothing can be drawn anew. No secret is echoed.
 */
export function createLineAsker(lines: Lines, output: Output, isInteractive = false): Asker {
  async function line(signal: AbortSignal, isVisible = false): Promise<Asked<string>> {
    const text = await lines.next(signal, isVisible);
    if (text === undefined) return { kind: 'withdrawn' };
    if (text === null) return { kind: 'cancelled', by: 'end-of-input' };
    return { kind: 'answer', value: text };
  }
  return {
    isInteractive,
    async text(question, signal) {
      output.say(question.message);
      output.event({ event: 'prompt', kind: question.kind });
      for (;;) {
        const asked = await line(signal, !question.isSecret);
        if (asked.kind !== 'answer') return asked;
        const sentence = question.check?.(asked.value) ?? null;
        if (sentence === null) return asked;
        output.say(sentence);
        output.event({ event: 'unusable', kind: question.kind, detail: sentence });
      }
    },
    async code(question, signal) {
      let method: CodeMethod = question.start;
      const announce = () => {
        output.say(question.messages[method]);
        const { kind, methods } = question;
        output.event({ event: 'prompt', kind, method, methods, ...question.about });
      };
      announce();
      for (;;) {
        const asked = await line(signal);
        if (asked.kind !== 'answer') return asked;
        const parsed = parseAnswer(asked.value, method, question.methods);
        if (parsed.kind === 'proof') return { kind: 'answer', value: parsed.answer };
        if (parsed.kind === 'cancel') return { kind: 'cancelled', by: 'escape' };
        if (parsed.kind === 'switch') {
          method = question.methods.find((other) => other !== method) ?? method;
          announce();
          continue;
        }
        output.say(parsed.sentence);
        output.event({ event: 'unusable', kind: question.kind, detail: parsed.sentence });
      }
    },
    async unlock({ kind, methods, messages, about }, signal) {
      let index = 0;
      for (;;) {
        const method = methods[index % methods.length] ?? 'pin';
        output.say(messages[method]);
        output.event({ event: 'prompt', kind, method, methods, ...about });
        const asked = await line(signal);
        if (asked.kind !== 'answer') return asked;
        const word = asked.value.trim().toLowerCase();
        if (word === 'cancel') return { kind: 'cancelled', by: 'escape' };
        // Shorter than any PIN, so none can be mistaken for it.
        if (word === 'other' && methods.length > 1) {
          index++;
          continue;
        }
        if (method !== 'pin') return { kind: 'answer', value: { method } };
        const sentence = pinRefusal(asked.value);
        if (sentence === null) return { kind: 'answer', value: { method, pin: asked.value } };
        output.say(sentence);
        output.event({ event: 'unusable', kind, detail: sentence });
      }
    },
    wait(message, _keys, signal) {
      output.say(message);
      output.event({ event: 'prompt', kind: 'system' });
      // Lines that come now answer what is asked next, so none is taken from here.
      return new Promise((resolve) => {
        const withdraw = () => resolve({ kind: 'withdrawn' });
        if (signal.aborted) withdraw();
        else signal.addEventListener('abort', withdraw, { once: true });
      });
    },
  };
}
