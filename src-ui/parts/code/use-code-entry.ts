import { useEffect, useRef, useState } from 'react';
import { useDropOnLock } from '../../store/use-lock.ts';
import { useServerClock } from '../../time/use-now.ts';
import {
  attemptsLeftOf,
  type CodeFailure,
  type CodeMethod,
  nextCodeInMsOf,
  retryAfterMsOf,
} from './failure-text.ts';

const STEP_MS = 30_000;
const DIGITS = 6;

interface Refusal {
  failure: CodeFailure;
  method: CodeMethod;
  /** Server clock, milliseconds. */
  at: number;
}

export interface CodeEntryOptions {
  /** The last refusal of a prompt that was open before this page was. */
  earlierFailure: CodeFailure | null;
  attemptsLeft: number | null;
  /** The server's wait, milliseconds by its clock; it holds for one method, the one that was used last. */
  waitUntilMs: number | null;
  firstMethod: CodeMethod;
  /** Resolves with why the code was refused; null when it was not. */
  onSubmit: (method: CodeMethod, code: string) => Promise<CodeFailure | null>;
}

/** The entry of one code: what is typed, what was sent, what the server said. Rules: a value goes out by itself once. */
export function useCodeEntry(options: CodeEntryOptions) {
  const { earlierFailure, onSubmit } = options;
  const clock = useServerClock();
  const [method, setMethod] = useState(options.firstMethod);
  const [value, setValue] = useState('');
  const [isSending, setSending] = useState(false);
  const [isIncomplete, setIncomplete] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(
    () => earlierFailure && { failure: earlierFailure, method: options.firstMethod, at: clock() },
  );
  const field = useRef<{ focus(): void }>(null);
  const sent = useRef(new Set<string>());

  const waitUntilMs = waitOf(refusal, options.waitUntilMs);
  const waitMethod = refusal?.method ?? 'totp';
  const isWaiting = () => waitMethod === method && waitUntilMs !== null && waitUntilMs > clock();

  async function send(code: string): Promise<void> {
    sent.current.add(code);
    setSending(true);
    setRefusal(null);
    setIncomplete(false);
    const failure = await onSubmit(method, code);
    setSending(false);
    if (failure === null) return;
    setRefusal({ failure, method, at: clock() });
    // Without an answer nothing was judged: the digits stay for the next press of the button.
    if (failure.code !== 'server-unreachable') setValue('');
    field.current?.focus();
  }

  useDropWhenStepEnds(refusal?.failure.code === 'server-unreachable' && method === 'totp', clock, () =>
    setValue(''),
  );

  useDropOnLock(() => {
    setValue('');
    setIncomplete(false);
  });

  return {
    method,
    value,
    field,
    isSending,
    isIncomplete,
    refusal,
    attemptsLeft: (refusal && attemptsLeftOf(refusal.failure)) ?? options.attemptsLeft,
    waitUntilMs: waitMethod === method ? waitUntilMs : null,
    nextCodeAtMs: nextCodeOf(refusal),
    choose(next: CodeMethod) {
      setMethod(next);
      setValue('');
      setIncomplete(false);
    },
    type(next: string) {
      const isNew = next !== value;
      setValue(next);
      setIncomplete(false);
      const isComplete = method === 'totp' && next.length === DIGITS;
      if (isComplete && isNew && !isSending && !sent.current.has(next) && !isWaiting()) void send(next);
    },
    submit() {
      if (isSending || isWaiting()) return;
      const isShort = method === 'totp' ? value.length < DIGITS : value.trim() === '';
      setIncomplete(isShort);
      if (isShort) field.current?.focus();
      else void send(value);
    },
  };
}

function waitOf(refusal: Refusal | null, fromServer: number | null): number | null {
  const retryAfterMs = refusal && retryAfterMsOf(refusal.failure);
  if (refusal && retryAfterMs !== null) return Math.max(refusal.at + retryAfterMs, fromServer ?? 0);
  return fromServer;
}

function nextCodeOf(refusal: Refusal | null): number | null {
  if (refusal?.method !== 'totp') return null;
  const nextCodeInMs = nextCodeInMsOf(refusal.failure);
  return nextCodeInMs === null ? null : refusal.at + nextCodeInMs;
}

/** A code that could not be sent is worth nothing once its step is over (RFC 6238, 30 s by the server's clock). */
function useDropWhenStepEnds(isKept: boolean, clock: () => number, drop: () => void): void {
  const latest = useRef({ clock, drop });
  latest.current = { clock, drop };
  useEffect(() => {
    if (!isKept) return;
    const timer = setTimeout(() => latest.current.drop(), STEP_MS - (latest.current.clock() % STEP_MS));
    return () => clearTimeout(timer);
  }, [isKept]);
}
