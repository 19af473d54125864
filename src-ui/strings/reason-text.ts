import type { Reason, ReasonCode } from '../../src-shared/challenge.ts';
import type { Strings } from './en.ts';

/** Who acted, in our words, and what they said, in theirs: `quote` is untrusted plain text. */
export function reasonText(
  reason: Reason,
  time: string,
  t: Strings,
): { sentence: string; quote: string | null } {
  const { code } = reason;
  const isKnown = isReasonCode(code, t);
  const sentence = isKnown ? t.reasons[code](time) : t.reasons.other(time);
  // The server's message of a known code says the same again; only a person's words are worth repeating.
  const isPersonal = code === 'administrator' || !isKnown;
  return { sentence, quote: isPersonal && reason.message !== '' ? reason.message : null };
}

/** The catalogue has a sentence for each code of ours; a code from elsewhere may be any word, `other` too. */
function isReasonCode(code: string, t: Strings): code is ReasonCode {
  return code !== 'other' && Object.hasOwn(t.reasons, code);
}
