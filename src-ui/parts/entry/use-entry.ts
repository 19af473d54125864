import { useEffect, useReducer, useRef } from 'react';
import type { CodeMethod } from '../../../src-shared/otp-code.ts';
import { useDropOnLock } from '../../store/use-lock.ts';
import { useServerClock } from '../../time/use-now.ts';
import {
  type Blamed,
  type Entry,
  type EntryPart,
  entryAfter,
  lackOf,
  newEntry,
  nextCodeAt,
} from './entry.ts';
import type { CodeFailure } from './failure-text.ts';
import { useCountdown } from './use-countdown.ts';
import { useTold } from './use-told.ts';
import { useWait } from './use-wait.ts';

const STEP_MS = 30_000;

interface EntryOptions {
  /** In the order in which they stand. */
  parts: readonly EntryPart[];
  /** Those of them into which something is typed. */
  fields: readonly EntryPart[];
  firstMethod: CodeMethod;
  /** The refusal of a prompt that was open before this page was. */
  earlier: { failure: CodeFailure; blamed: Blamed } | null;
  /** An answer is on its way that this page may not have sent. */
  isChecking: boolean;
  /** Until when nothing is taken, server clock; null: there is no wait. */
  waitUntil: (entry: Entry) => number | null;
}

/** What an answer meets: how it is sent, and what a refusal of it means. */
export interface Delivery {
  /** Resolves with why it was refused; null when it was not. */
  deliver: () => Promise<CodeFailure | null>;
  blame: (failure: CodeFailure) => Blamed;
  isQuiet?: (failure: CodeFailure) => boolean;
  /** What does not stay typed once it is accepted. */
  empties: readonly EntryPart[];
}

/**
 * The entry of a code, a PIN or both: one answer at a time, none during a wait, and what was typed is forgotten when
 * the screen is locked. What a refusal is not about stays typed.
 */
export function useEntry({ parts, fields, firstMethod, earlier, isChecking, waitUntil }: EntryOptions) {
  const clock = useServerClock();
  const [entry, tell] = useReducer(entryAfter, null, () =>
    newEntry(firstMethod, earlier && { ...earlier, codeMethod: firstMethod, at: clock() }),
  );
  useDropOnLock(() => tell({ kind: 'locked' }));

  const waitUntilMs = waitUntil(entry);
  const wait = useWait(waitUntilMs);
  const nextCode = useCountdown(parts.includes('code') ? nextCodeAt(entry) : null);
  const told = useTold(wait, nextCode);
  const isBusy = entry.isSending || isChecking;
  const canSend = () => !isBusy && !(waitUntilMs !== null && waitUntilMs > clock());

  async function send({ deliver, blame, isQuiet, empties }: Delivery): Promise<void> {
    const { codeMethod } = entry;
    tell({ kind: 'sent' });
    const failure = await deliver();
    if (failure === null) return tell({ kind: 'accepted', empties });
    const refusal = { failure, blamed: blame(failure), codeMethod, at: clock() };
    tell({ kind: 'refused', refusal, isQuiet: isQuiet?.(failure) ?? false, parts });
  }

  return {
    ...entry,
    tell,
    isBusy,
    wait,
    nextCode,
    /** What a screen reader is told of the wait, or of the next code. */
    told,
    canSend,
    send,
    /** Sends what is typed, or says what is missing. */
    submit(delivery: Delivery): void {
      if (!canSend()) return;
      const lack = lackOf(entry, fields);
      if (lack === null) void send(delivery);
      else tell({ kind: 'lacking', lack });
    },
  };
}

/** Puts focus where the entry wants it: on what is missing, or on what was refused. */
export function useEntryFocus(focusOn: Entry['focusOn'], focus: (part: EntryPart) => void): void {
  const latest = useRef(focus);
  latest.current = focus;
  useEffect(() => {
    if (focusOn) latest.current(focusOn.part);
  }, [focusOn]);
}

/** A one-time code that is kept is dropped after the end of its step, or of some more (RFC 6238, 30 s by the server's clock). */
export function useCodeExpiry(isKept: boolean, steps: number, drop: () => void): void {
  const clock = useServerClock();
  const latest = useRef({ clock, drop });
  latest.current = { clock, drop };
  useEffect(() => {
    if (!isKept) return;
    const delayMs = steps * STEP_MS - (latest.current.clock() % STEP_MS);
    const timer = setTimeout(() => latest.current.drop(), delayMs);
    return () => clearTimeout(timer);
  }, [isKept, steps]);
}
