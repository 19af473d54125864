import { AbortPromptError, ExitPromptError } from '@inquirer/core';
import type { CodeMethod } from '../../src-shared/otp-code.ts';
import type { Output } from '../view/output.ts';
import { parseAnswer, pinRefusal } from './answer.ts';
import type { Asked, Asker, CodeAnswer, CodeQuestion, UnlockAnswer } from './asker.ts';
import { type HiddenPromptConfig, hiddenPrompt } from './hidden-prompt.ts';
import type { Keyboard } from './keyboard.ts';

/** A shell has written over the prompt: empty lines for it to erase and draw on, the cursor at the first of them. */
const ROOM_BELOW = `\r${'\n'.repeat(8)}\u001b[8A`;

/** `cancel` and Esc end a prompt in the same way. */
const CANCELLED = Symbol('cancelled');

export interface TerminalAskerParts {
  keyboard: Keyboard;
  screen: NodeJS.WritableStream;
  output: Output;
  now: () => number;
}

/** Asks at a terminal. Secrets are never echoed; Esc cancels, Ctrl-C interrupts. */
export function createTerminalAsker({ keyboard, screen, output, now }: TerminalAskerParts): Asker {
  function onRedraw(draw: () => void): () => void {
    const drawBelow = () => {
      screen.write(ROOM_BELOW);
      draw();
    };
    const forget = keyboard.onTakenBack(drawBelow);
    screen.on('resize', draw);
    return () => {
      forget();
      screen.off('resize', draw);
    };
  }

  async function ask<T>(
    config: Omit<HiddenPromptConfig<T | typeof CANCELLED>, 'onEscape' | 'now' | 'onRedraw'>,
    signal: AbortSignal,
  ): Promise<Asked<T>> {
    if (signal.aborted) return { kind: 'withdrawn' };
    const givenUp = new AbortController();
    keyboard.open();
    const { input, detach } = keyboard.attach();
    output.hold(true);
    try {
      const value = await hiddenPrompt<T | typeof CANCELLED>(
        { ...config, now, onRedraw, onEscape: () => givenUp.abort() },
        { input, output: screen, signal: AbortSignal.any([signal, givenUp.signal]) },
      );
      return value === CANCELLED ? { kind: 'cancelled', by: 'escape' } : { kind: 'answer', value };
    } catch (error) {
      if (error instanceof AbortPromptError)
        return signal.aborted ? { kind: 'withdrawn' } : { kind: 'cancelled', by: 'escape' };
      if (error instanceof ExitPromptError) return { kind: 'cancelled', by: 'interrupt' };
      throw error;
    } finally {
      detach();
      output.hold(false);
    }
  }

  return {
    isInteractive: true,
    text(question, signal) {
      output.event({ event: 'prompt', kind: question.kind });
      const field = {
        message: question.message,
        keys: '',
        isVisible: !question.isSecret,
        countdown: null,
      };
      return ask<string>(
        {
          fields: [field],
          judge(text) {
            const sentence = question.check?.(text) ?? (text === '' ? 'Something is needed here.' : null);
            return sentence === null ? { kind: 'done', value: text } : { kind: 'again', sentence };
          },
        },
        signal,
      );
    },
    code(question, signal) {
      output.event({ event: 'prompt', kind: question.kind, methods: question.methods, ...question.about });
      const order = methodOrder(question);
      return ask<CodeAnswer>(
        {
          fields: order.map((method) => ({
            message: question.messages[method],
            keys: question.keys[method],
            isVisible: false,
            countdown: question.countdowns[method] ?? null,
          })),
          judge(text, field) {
            const parsed = parseAnswer(text, order[field] ?? question.start, question.methods);
            if (parsed.kind === 'proof') return { kind: 'done', value: parsed.answer };
            if (parsed.kind === 'cancel') return { kind: 'done', value: CANCELLED };
            if (parsed.kind === 'switch') return { kind: 'switch' };
            return { kind: 'again', sentence: parsed.sentence };
          },
        },
        signal,
      );
    },
    unlock({ kind, methods, messages, keys, countdowns, about }, signal) {
      output.event({ event: 'prompt', kind, methods, ...about });
      return ask<UnlockAnswer>(
        {
          fields: methods.map((method) => ({
            message: messages[method],
            keys: keys[method],
            isVisible: false,
            countdown: countdowns[method] ?? null,
          })),
          judge(text, field) {
            const method = methods[field] ?? 'pin';
            if (method !== 'pin') return { kind: 'done', value: { method } };
            const sentence = pinRefusal(text);
            return sentence === null
              ? { kind: 'done', value: { method, pin: text } }
              : { kind: 'again', sentence };
          },
        },
        signal,
      );
    },
    wait(message, keys, signal) {
      const field = { message, keys, isVisible: false, countdown: null };
      return ask<never>({ fields: [field], judge: () => STILL_WAITING }, signal);
    },
  };
}

/** No answer ends the wait, only its signal or the user. */
const STILL_WAITING = { kind: 'again', sentence: '' } as const;

/** The method to start with, then the others that the server allows. */
export function methodOrder({ methods, start }: CodeQuestion): CodeMethod[] {
  return [start, ...methods.filter((method) => method !== start)];
}
