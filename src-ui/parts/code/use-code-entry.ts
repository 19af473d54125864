import { useRef } from 'react';
import type { CodeMethod } from '../../../src-shared/otp-code.ts';
import { type Entry, latestOf, sendsItself, waitAfter } from '../entry/entry.ts';
import { attemptsLeftOf, type CodeFailure } from '../entry/failure-text.ts';
import { type Delivery, useCodeExpiry, useEntry, useEntryFocus } from '../entry/use-entry.ts';

const codeAlone = ['code'] as const;

export interface CodeEntryOptions {
  /** The last refusal of a prompt that was open before this page was. */
  earlierFailure?: CodeFailure | null;
  attemptsLeft?: number | null;
  /** The server's wait, milliseconds by its clock; it holds for one method, the one that was used last. */
  waitUntilMs?: number | null;
  firstMethod: CodeMethod;
  /** Main says that a code is on its way, e.g. one that was sent before this page was loaded. */
  isChecking?: boolean | undefined;
  /** Resolves with why the code was refused; null when it was not. */
  onSubmit: (method: CodeMethod, code: string) => Promise<CodeFailure | null>;
}

const isUnanswered = (failure: CodeFailure): boolean => failure.code === 'server-unreachable';

/** The entry of one code, which goes out by itself when it is complete. */
export function useCodeEntry(options: CodeEntryOptions) {
  const { earlierFailure = null, attemptsLeft = null, waitUntilMs = null, onSubmit } = options;
  const form = useEntry({
    parts: codeAlone,
    fields: codeAlone,
    firstMethod: options.firstMethod,
    earlier: earlierFailure && { failure: earlierFailure, blamed: 'code' },
    isChecking: options.isChecking ?? false,
    waitUntil: ({ codeMethod, refusal }: Entry) =>
      codeMethod === (refusal?.codeMethod ?? 'totp') ? latestOf(waitAfter(refusal), waitUntilMs) : null,
  });
  const { codeMethod, refusal, tell } = form;
  const field = useRef<{ focus(): void }>(null);
  useEntryFocus(form.focusOn, () => field.current?.focus());
  // A code that could not be sent is worth nothing once its step is over.
  const isKept = refusal !== null && isUnanswered(refusal.failure) && codeMethod === 'totp';
  useCodeExpiry(isKept, 1, () => tell({ kind: 'code-expired', lack: null }));

  const delivery = (code: string): Delivery => ({
    deliver: () => onSubmit(codeMethod, code),
    // Without an answer nothing was judged: the digits stay for the next press of the button.
    blame: (failure) => (isUnanswered(failure) ? 'nothing' : 'code'),
    empties: [],
  });
  return {
    ...form,
    field,
    attemptsLeft: (refusal && attemptsLeftOf(refusal.failure)) ?? attemptsLeft,
    choose: (method: CodeMethod) => tell({ kind: 'method-chosen', method }),
    type(next: string) {
      tell({ kind: 'typed', part: 'code', text: next });
      if (sendsItself(form, next) && form.canSend()) void form.send(delivery(next));
    },
    submit: () => form.submit(delivery(form.typed.code)),
  };
}
