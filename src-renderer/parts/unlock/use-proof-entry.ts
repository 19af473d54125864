import { useState } from 'react';
import type { GatePrompt } from '../../../src-shared/connection-state.ts';
import type { CodeMethod } from '../../../src-shared/otp-code.ts';
import type { ProofAnswer, UnlockMethod } from '../../../src-shared/unlock.ts';
import {
  type Entry,
  type EntryPart,
  hasWholeCode,
  isCompletedBy,
  latestOf,
  type Refusal,
  waitAfter,
} from '../../../src-ui/parts/entry/entry.ts';
import type { CodeFailure } from '../../../src-ui/parts/entry/failure-text.ts';
import { type Delivery, useCodeExpiry, useEntry } from '../../../src-ui/parts/entry/use-entry.ts';
import { useServerClock } from '../../../src-ui/time/use-now.ts';
import { blameOf, isQuiet } from './unlock-failure.ts';
import type { UnlockWay, WayState } from './ways.ts';

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
  const [chosen, setChosen] = useState(firstWay);
  const [triedWay, setTriedWay] = useState<UnlockWay | null>(null);
  const [unanswered, setUnanswered] = useState(0);
  const open = ways.filter((each) => each.method !== null);
  const current = open.find(({ way }) => way === chosen) ?? open[0] ?? null;

  const codePart: readonly EntryPart[] = hasCode ? ['code'] : [];
  const earlier = prompt.lastFailure;
  const form = useEntry({
    parts: [...codePart, 'unlock'],
    fields: current?.way === 'pin' ? [...codePart, 'unlock'] : codePart,
    firstMethod: 'totp',
    earlier:
      earlier === null || isQuiet(earlier)
        ? null
        : { failure: earlier, blamed: blameOf(earlier, !hasCode, hasCode) },
    isChecking: prompt.isChecking || prompt.prompting !== null,
    waitUntil: ({ codeMethod, refusal }: Entry) => {
      const waits = waitsOf(prompt, refusal, hasCode);
      const isCodeHeld = hasCode && (refusal === null || refusal.codeMethod === codeMethod);
      const ofParts = latestOf(current?.way === 'pin' ? waits.pin : null, isCodeHeld ? waits.code : null);
      return latestOf(waits.all, ofParts);
    },
  });
  const { codeMethod, typed, tell } = form;
  // The server takes a code for one step after its own (RFC 6238 §5.2); an older one would only cost a try.
  useCodeExpiry(codeMethod === 'totp' && hasWholeCode(form), 2, () =>
    tell({ kind: 'code-expired', lack: 'old-code' }),
  );

  function deliveryOf(way: UnlockWay, method: UnlockMethod): Delivery {
    const unlock: ProofAnswer = method === 'pin' ? { method, pin: typed.unlock } : { method };
    const { pin: pinWait } = waitsOf(prompt, form.refusal, hasCode);
    return {
      async deliver() {
        setTriedWay(way);
        const code = hasCode ? [{ method: codeMethod, code: typed.code }] : [];
        const failure = await onSubmit([...code, unlock]);
        if (failure === null) onAccepted(way);
        else if (isQuiet(failure)) setUnanswered((count) => count + 1);
        return failure;
      },
      blame(failure) {
        const isPinHeldBack = way === 'pin' && (!hasCode || (pinWait !== null && pinWait > clock()));
        return blameOf(failure, isPinHeldBack, hasCode);
      },
      isQuiet,
      empties: ['code', 'unlock'],
    };
  }

  return {
    ...form,
    current,
    hasCode,
    /** How it was tried last; null when it was before this page. */
    triedWay,
    /** Questions of the system that were taken back or ran out: a key that was wiped looks the same. */
    unanswered,
    /** From the challenge, before any try of this page. */
    pinAttemptsLeft: prompt.challenge.unlock?.pin?.attemptsLeft ?? null,
    chooseWay(way: UnlockWay) {
      setChosen(way);
      tell({ kind: 'typed', part: 'unlock', text: '' });
      tell({ kind: 'focus', part: hasCode && typed.code === '' ? 'code' : 'unlock' });
    },
    chooseCode: (method: CodeMethod) => tell({ kind: 'method-chosen', method }),
    typeCode(next: string) {
      tell({ kind: 'typed', part: 'code', text: next });
      if (isCompletedBy(form, next) && typed.unlock === '') tell({ kind: 'focus', part: 'unlock' });
    },
    typePin: (next: string) => tell({ kind: 'typed', part: 'unlock', text: next }),
    submit() {
      if (current === null || current.method === null) return;
      form.submit(deliveryOf(current.way, current.method));
    },
  };
}

/** Until when no PIN, no code or nothing at all is taken (server clock), by the challenge, the prompt and the last refusal. */
function waitsOf(prompt: GatePrompt, refusal: Refusal | null, hasCode: boolean) {
  const ofRefusal = waitAfter(refusal);
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
