import { useEffect, useRef, useState } from 'react';
import type { GatePrompt } from '../../../src-shared/connection-state.ts';
import type { ProofAnswer, UnlockMethod } from '../../../src-shared/unlock.ts';
import {
  type CodeFailure,
  type CodeMethod,
  nextCodeInMsOf,
  retryAfterMsOf,
} from '../../../src-ui/parts/code/failure-text.ts';
import { useDropOnLock } from '../../../src-ui/store/use-lock.ts';
import { useServerClock } from '../../../src-ui/time/use-now.ts';
import { type Blamed, blameOf, isQuiet } from './unlock-failure.ts';
import type { UnlockWay, WayState } from './ways.ts';

const STEP_MS = 30_000;
const DIGITS = 6;

interface Refusal {
  failure: CodeFailure;
  blamed: Blamed;
  /** How it was tried; null when it was before this page. */
  way: UnlockWay | null;
  codeMethod: CodeMethod;
  /** Server clock, milliseconds. */
  at: number;
}

/** What is still missing before anything is sent. */
export type Lack = 'code' | 'old-code' | 'pin';

interface ProofEntryOptions {
  prompt: GatePrompt;
  ways: readonly WayState[];
  /** The way that was taken last. */
  firstWay: UnlockWay | null;
  onSubmit: (answers: ProofAnswer[]) => Promise<CodeFailure | null>;
  /** The server took it. */
  onAccepted: (way: UnlockWay) => void;
}

/**
 * The entry of an unlock proof, with a code before it where the challenge wants both. Nothing here sends by itself.
 * What a refusal is not about stays typed: the server looks at the PIN before it looks at the code.
 */
export function useProofEntry({ prompt, ways, firstWay, onSubmit, onAccepted }: ProofEntryOptions) {
  const clock = useServerClock();
  const hasCode = prompt.challenge.requires.includes('totp');
  const pinFacts = prompt.challenge.unlock?.pin;
  const [chosen, setChosen] = useState(firstWay);
  const [codeMethod, setCodeMethod] = useState<CodeMethod>('totp');
  const [code, setCode] = useState('');
  const [pin, setPin] = useState('');
  const [isSending, setSending] = useState(false);
  const [unanswered, setUnanswered] = useState(0);
  const [lack, setLack] = useState<Lack | null>(null);
  const [focusOn, setFocusOn] = useState<{ part: 'code' | 'unlock' } | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(() => {
    const failure = prompt.lastFailure;
    if (failure === null || isQuiet(failure)) return null;
    return {
      failure,
      blamed: blameOf(failure, !hasCode, hasCode),
      way: null,
      codeMethod: 'totp',
      at: clock(),
    };
  });

  const open = ways.filter((each) => each.method !== null);
  const current = open.find(({ way }) => way === chosen) ?? open[0] ?? null;

  const waits = waitsOf(prompt, refusal, hasCode);
  const codeWaitMs = refusal === null || refusal.codeMethod === codeMethod ? waits.code : null;
  const waitUntilMs = latestOf(
    waits.all,
    latestOf(current?.way === 'pin' ? waits.pin : null, hasCode ? codeWaitMs : null),
  );
  const isWaiting = () => waitUntilMs !== null && waitUntilMs > clock();

  function drop(): void {
    setCode('');
    setPin('');
    setLack(null);
  }
  useDropOnLock(drop);
  const isWholeCode = codeMethod === 'totp' && code.length === DIGITS;
  useDropWhenTooOld(isWholeCode, clock, () => {
    if (isSending) return;
    setCode('');
    setLack('old-code');
  });

  async function send(way: UnlockWay, method: UnlockMethod): Promise<void> {
    setSending(true);
    setRefusal(null);
    setLack(null);
    const unlock: ProofAnswer = method === 'pin' ? { method, pin } : { method };
    const failure = await onSubmit([...(hasCode ? [{ method: codeMethod, code }] : []), unlock]);
    setSending(false);
    if (failure === null) {
      setPin('');
      setCode('');
      onAccepted(way);
      return;
    }
    const isPinHeldBack = way === 'pin' && (!hasCode || (waits.pin !== null && waits.pin > clock()));
    const blamed = blameOf(failure, isPinHeldBack, hasCode);
    if (blamed === 'unlock' || blamed === 'all') setPin('');
    if (blamed === 'code' || blamed === 'all') setCode('');
    if (isQuiet(failure)) setUnanswered((count) => count + 1);
    else setRefusal({ failure, blamed, way, codeMethod, at: clock() });
    const isFirst = hasCode && (blamed === 'code' || blamed === 'all');
    setFocusOn({ part: isFirst ? 'code' : 'unlock' });
  }

  return {
    current,
    hasCode,
    codeMethod,
    code,
    pin,
    isSending,
    lack,
    refusal,
    /** Questions of the system that were taken back or ran out: a key that was wiped looks the same. */
    unanswered,
    /** Set anew whenever focus has to go somewhere. */
    focusOn,
    waitUntilMs,
    nextCodeAtMs: nextCodeOf(refusal, codeMethod),
    /** From the challenge, before any try of this page. */
    pinAttemptsLeft: pinFacts?.attemptsLeft ?? null,
    chooseWay(way: UnlockWay) {
      setChosen(way);
      setPin('');
      setLack(null);
      setFocusOn({ part: hasCode && code === '' ? 'code' : 'unlock' });
    },
    chooseCode(method: CodeMethod) {
      setCodeMethod(method);
      setCode('');
      setLack(null);
      setFocusOn({ part: 'code' });
    },
    typeCode(next: string) {
      const isNew = next !== code;
      setCode(next);
      setLack(null);
      if (isNew && codeMethod === 'totp' && next.length === DIGITS && pin === '')
        setFocusOn({ part: 'unlock' });
    },
    typePin(next: string) {
      setPin(next);
      setLack(null);
    },
    submit() {
      if (isSending || isWaiting() || current === null || current.method === null) return;
      const isShort = hasCode && (codeMethod === 'totp' ? code.length < DIGITS : code.trim() === '');
      const missing = isShort ? 'code' : current.way === 'pin' && pin === '' ? 'pin' : null;
      setLack(missing);
      if (missing === null) void send(current.way, current.method);
      else setFocusOn({ part: missing === 'code' ? 'code' : 'unlock' });
    },
  };
}

function latestOf(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}

/** Until when no PIN, no code or nothing at all is taken (server clock), by the challenge, the prompt and the last refusal. */
function waitsOf(prompt: GatePrompt, refusal: Refusal | null, hasCode: boolean) {
  const retryAfterMs = refusal && retryAfterMsOf(refusal.failure);
  const ofRefusal = refusal && retryAfterMs !== null ? refusal.at + retryAfterMs : null;
  const pinWait = prompt.challenge.unlock?.pin?.waitUntil ?? null;
  const promptWait = prompt.waitUntil === null ? null : Date.parse(prompt.waitUntil);
  const isPromptAboutPin = !hasCode || prompt.lastFailure?.code === 'wrong-pin';
  return {
    pin: latestOf(
      pinWait === null ? null : Date.parse(pinWait),
      latestOf(refusal?.blamed === 'unlock' ? ofRefusal : null, isPromptAboutPin ? promptWait : null),
    ),
    all: refusal?.blamed === 'nothing' ? ofRefusal : null,
    code: latestOf(refusal?.blamed === 'code' ? ofRefusal : null, isPromptAboutPin ? null : promptWait),
  };
}

function nextCodeOf(refusal: Refusal | null, codeMethod: CodeMethod): number | null {
  if (refusal?.codeMethod !== 'totp' || codeMethod !== 'totp') return null;
  const nextCodeInMs = nextCodeInMsOf(refusal.failure);
  return nextCodeInMs === null ? null : refusal.at + nextCodeInMs;
}

/** The server takes a code for one step after its own (RFC 6238 §5.2); an older one would only cost a try. */
function useDropWhenTooOld(isKept: boolean, clock: () => number, drop: () => void): void {
  const latest = useRef({ clock, drop });
  latest.current = { clock, drop };
  useEffect(() => {
    if (!isKept) return;
    const now = latest.current.clock();
    const timer = setTimeout(() => latest.current.drop(), 2 * STEP_MS - (now % STEP_MS));
    return () => clearTimeout(timer);
  }, [isKept]);
}
