import type { CodeMethod } from '../../../src-shared/otp-code.ts';
import type { Blamed } from '../../../src-ui/parts/entry/entry.ts';
import {
  attemptsLeftOf,
  type CodeFailure,
  failureSentences,
} from '../../../src-ui/parts/entry/failure-text.ts';
import type { Words } from '../../strings/en.ts';
import type { AppLanguage } from '../../strings/use-words.ts';

const unlockCodes = new Set([
  'wrong-pin',
  'pin-removed',
  'unlock-refused',
  'unlock-key-missing',
  'unlock-unavailable',
  'keychain-locked',
  'keychain-unavailable',
]);
/** Nothing was judged: what was typed may go out again. */
const unjudged = new Set([
  'server-unreachable',
  'clock-off',
  'challenge-invalid',
  'cancelled',
  'prompt-timeout',
]);

/** A question that was taken back or ran out is no error (ux.md, rules 18 and 19). */
export const isQuiet = (failure: CodeFailure): boolean =>
  failure.code === 'cancelled' || failure.code === 'prompt-timeout';

/** The server looks at the unlock proof first: what it refuses there has left the code unspent. */
export function blameOf(failure: CodeFailure, isPinHeldBack: boolean, hasCode: boolean): Blamed {
  if (unjudged.has(failure.code)) return 'nothing';
  if (unlockCodes.has(failure.code)) return 'unlock';
  if (failure.code === 'invalid-code' || failure.code === 'code-already-used') return 'code';
  if (failure.code === 'too-many-attempts') return isPinHeldBack ? 'unlock' : hasCode ? 'code' : 'nothing';
  return 'all';
}

/** Another way has to be taken now, so they are shown. */
export const asksForAnotherWay = (failure: CodeFailure): boolean =>
  unlockCodes.has(failure.code) && failure.code !== 'wrong-pin';

interface Circumstances {
  codeMethod: CodeMethod;
  blamed: Blamed;
  serverName: string;
}

/** Cause, count and next step for `role="alert"`, one sentence each. Counts come from the server and are not guessed. */
export function proofFailureSentences(
  failure: CodeFailure,
  at: Circumstances,
  { t, w }: Pick<AppLanguage, 't' | 'w'>,
): string[] {
  if (isQuiet(failure)) return [];
  const left = attemptsLeftOf(failure);
  if (failure.code === 'wrong-pin') return [w.unlock.pin.wrong, ...pinCount(left, w)];
  if (failure.code === 'too-many-attempts' && at.blamed !== 'code')
    return [at.blamed === 'unlock' ? w.unlock.pin.tooMany : t.problems['too-many-attempts']];
  if (failure.code === 'server-unreachable' && failure.proxy === undefined)
    return [w.unlock.pin.unreachable(at.serverName)];
  return failureSentences(failure, at.codeMethod, at.serverName, at.blamed === 'code' ? left : null, t);
}

/** What follows the PIN that is typed next. */
export function pinCount(attemptsLeft: number | null, w: Words): string[] {
  if (attemptsLeft === null || attemptsLeft < 1) return [];
  return [attemptsLeft === 1 ? w.unlock.pin.lastTry : w.unlock.pin.triesLeft(attemptsLeft)];
}
