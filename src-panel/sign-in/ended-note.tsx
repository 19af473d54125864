import type { Reason } from '../../src-shared/challenge.ts';
import { timeText } from '../../src-ui/format/date-time.ts';
import { useLanguage } from '../../src-ui/strings/use-strings.ts';
import { serverNow } from '../store/clock-store.ts';
import { useWords } from '../strings/use-words.ts';

/** Who ended the session, and what they said: plain text from outside, never markup. */
export function EndedNote({ reason }: { reason: Reason }) {
  const { w, locale } = useWords();
  const { t } = useLanguage();
  // Nobody's words: the rule's.
  const isRule = reason.code === 'mfa-required';
  return (
    <div className="reason" role="status">
      <p>
        {(isRule ? t.reasons['mfa-required'] : w.signIn.kicked)(timeText(reason.at, serverNow(), locale))}
      </p>
      {!isRule && reason.message !== '' && <blockquote dir="auto">{reason.message}</blockquote>}
      {reason.incidentId && <p className="mono">{t.incident(reason.incidentId)}</p>}
    </div>
  );
}
