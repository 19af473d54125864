import type { Reason } from '../../src-shared/challenge.ts';
import { timeText } from '../format/date-time.ts';
import { reasonText } from '../strings/reason-text.ts';
import { useLanguage } from '../strings/use-strings.ts';
import { useServerClock } from '../time/use-now.ts';

/** Who ended a connection and why. What came from the server is shown as it is: plain text, never markup. */
export function ReasonNote({ reason }: { reason: Reason }) {
  const { t, locale } = useLanguage();
  const clock = useServerClock();
  const { sentence, quote } = reasonText(reason, timeText(reason.at, clock(), locale), t);
  return (
    <div className="reason">
      <p>{sentence}</p>
      {quote && <blockquote dir="auto">{quote}</blockquote>}
      {reason.incidentId && <p className="hint mono">{t.incident(reason.incidentId)}</p>}
    </div>
  );
}
