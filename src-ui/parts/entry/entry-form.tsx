import type { ReactNode } from 'react';
import { useLanguage } from '../../strings/use-strings.ts';
import type { Wait } from './use-wait.ts';

interface EntryFormProps {
  children: ReactNode;
  onSubmit: () => void;
  /** Esc; without it, whatever is around the form hears the key. */
  onCancel?: () => void;
}

/** Enter sends, Esc cancels. */
export function EntryForm({ children, onSubmit, onCancel }: EntryFormProps) {
  return (
    <form
      className="code-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || onCancel === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        onCancel();
      }}
    >
      {children}
    </form>
  );
}

interface EntryMessagesProps {
  /** For `aria-describedby` of the fields. */
  alertId: string;
  alerts: readonly string[];
  wait: Wait;
  nextCode: { seconds: number };
  /** For screen readers: what goes on, or what there is to wait for. */
  spoken: string;
}

/** What the server said, the wait or the next code, and what a screen reader hears of it. */
export function EntryMessages({ alertId, alerts, wait, nextCode, spoken }: EntryMessagesProps) {
  const { t } = useLanguage();
  const untilNext = nextCode.seconds > 0 ? t.code.nextCodeIn(nextCode.seconds) : '';
  return (
    <div className="code-messages">
      <div className="code-alert" id={alertId} role="alert">
        {alerts.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </div>
      {/* Ticks each second for the eye only; the ear is told sparsely below. */}
      <p className="code-countdown" aria-live="off">
        {wait.isWaiting ? wait.text : untilNext}
      </p>
      <p className="visually-hidden" role="status">
        {spoken}
      </p>
    </div>
  );
}
