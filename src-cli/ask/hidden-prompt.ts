import { createPrompt, isEnterKey, isTabKey, useEffect, useKeypress, useState } from '@inquirer/core';
import { formatWait } from '../view/format.ts';
import { fixed } from '../view/words.ts';
import type { Countdown } from './countdown.ts';

/** What pressing Enter leads to. `again` keeps asking and shows the sentence. */
export type Verdict<T> =
  | { kind: 'done'; value: T }
  | { kind: 'again'; sentence: string }
  | { kind: 'switch' };

export interface HiddenField {
  message: string;
  /** The line of keys below the field. */
  keys: string;
  /** Echoes what is typed (e-mail, server); otherwise one dot for each character. */
  isVisible: boolean;
  /** The time left is shown. */
  countdown: Countdown | null;
}

export interface HiddenPromptConfig<T> {
  fields: readonly HiddenField[];
  judge: (text: string, field: number) => Verdict<T>;
  onEscape: () => void;
  now: () => number;
  /** Calls back when the screen was overwritten or resized, until the returned function is called. */
  onRedraw: (draw: () => void) => () => void;
}

const TICK_MS = 200;

/**
 * One field at a time, drawn without ever echoing a secret. Tab goes to the next field, Esc calls `onEscape`. While
 * a countdown blocks, typing goes on and Enter keeps what was typed.
 */
export function hiddenPrompt<T>(
  config: HiddenPromptConfig<T>,
  context: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream; signal: AbortSignal },
): Promise<T> {
  const prompt = createPrompt<T, HiddenPromptConfig<T>>(useHiddenFields);
  return prompt(config, { ...context, clearPromptOnDone: true });
}

function useHiddenFields<T>(
  { fields, judge, onEscape, now, onRedraw }: HiddenPromptConfig<T>,
  done: (value: T) => void,
): [string, string] {
  const [index, setIndex] = useState(0);
  const [value, setValue] = useState('');
  const [note, setNote] = useState('');
  /** Said while the wait lasts, and no longer. */
  const [waitNote, setWaitNote] = useState('');
  const [, setSecondsLeft] = useState(0);
  const [drawings, setDrawings] = useState(0);
  useEffect(() => onRedraw(() => setDrawings(drawings + 1)), [drawings]);
  const field = fields[index];
  const waitMs = field?.countdown ? field.countdown.until - now() : 0;
  const isWaiting = waitMs > 0;
  useEffect(() => {
    if (!isWaiting) return;
    // Draws again only when another second has gone.
    const count = () => setSecondsLeft(Math.ceil(((field?.countdown?.until ?? 0) - now()) / 1000));
    const timer = setInterval(count, TICK_MS);
    return () => clearInterval(timer);
  }, [isWaiting, field]);
  const next = () => {
    setIndex((index + 1) % fields.length);
    setValue('');
    setNote('');
  };
  useKeypress((key, rl) => {
    if (key.name === 'escape') return onEscape();
    if (isTabKey(key)) {
      rl.clearLine(0);
      return fields.length > 1 ? next() : rl.write(value);
    }
    if (!isEnterKey(key)) {
      setValue(rl.line);
      return setNote('');
    }
    if (waitMs > 0 && field?.countdown?.isBlocking) {
      setWaitNote(fixed.waitFirst(formatWait(waitMs)));
      return rl.write(value);
    }
    const verdict = judge(value, index);
    if (verdict.kind === 'done') {
      setValue('');
      return done(verdict.value);
    }
    if (verdict.kind === 'switch') return next();
    setValue('');
    setNote(verdict.sentence);
  });
  if (!field) return ['', ''];
  const typed = field.isVisible ? value : '•'.repeat(value.length);
  const counted = field.countdown?.isBlocking ? fixed.tryAgainIn : fixed.nextCodeIn;
  const below = [note, isWaiting ? waitNote : '', isWaiting ? counted(formatWait(waitMs)) : '', field.keys];
  return [`${field.message} ${typed}`, below.filter(Boolean).join('\n')];
}
