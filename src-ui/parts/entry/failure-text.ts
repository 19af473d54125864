import type { ClockDrift, CodeMethod } from '../../../src-shared/otp-code.ts';
import type { Strings } from '../../strings/en.ts';
import { ownCause, problemText, type Told } from '../../strings/problem-text.ts';

/** A refusal of a code, with whatever its code adds (`contracts.md`, Errors): read here and nowhere else. */
export type CodeFailure = Told;

function numberOf(failure: CodeFailure, key: string): number | null {
  const value = failure[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export const attemptsLeftOf = (failure: CodeFailure): number | null => numberOf(failure, 'attemptsLeft');
export const retryAfterMsOf = (failure: CodeFailure): number | null => numberOf(failure, 'retryAfterMs');
export const nextCodeInMsOf = (failure: CodeFailure): number | null => numberOf(failure, 'nextCodeInMs');

/** Which way the phone's clock is off; null unless the server said so. */
export const driftOf = ({ drift }: CodeFailure): ClockDrift | null =>
  drift === 'ahead' || drift === 'behind' ? drift : null;

/**
 * Cause, count and next step, one sentence each, without anything that ticks: this goes into `role="alert"`.
 * Tries left come from the server's answer and are not guessed.
 */
export function failureSentences(
  failure: CodeFailure,
  method: CodeMethod,
  serverName: string,
  attemptsLeft: number | null,
  t: Strings,
): string[] {
  const isTotp = method === 'totp';
  const cause = ownCause(failure, t);
  if (cause !== null) return [cause];
  switch (failure.code) {
    case 'cancelled':
      return [];
    case 'invalid-code': {
      const drift = driftOf(failure);
      const clock = drift === null ? [] : [t.code.drift[drift]];
      return [
        isTotp ? t.code.wrong(serverName) : t.code.wrongBackup,
        ...(isTotp ? clock : []),
        ...countSentence(attemptsLeft, t),
      ];
    }
    case 'code-already-used':
      return [isTotp ? t.code.used : t.code.usedBackup, ...countSentence(attemptsLeft, t)];
    case 'too-many-attempts':
      return [t.code.tooMany];
    case 'server-unreachable':
      return [t.code.unreachable(serverName)];
    default: {
      const { sentence, extra } = problemText(failure, t);
      return extra === null ? [sentence] : [sentence, extra];
    }
  }
}

function countSentence(attemptsLeft: number | null, t: Strings): string[] {
  if (attemptsLeft === null || attemptsLeft < 1) return [];
  return [attemptsLeft === 1 ? t.code.lastTry : t.code.triesLeft(attemptsLeft)];
}
