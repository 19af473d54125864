import { useEffect, useId, useRef, useState } from 'react';
import { clockText } from '../../../src-ui/format/duration.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { type CodeFailure, retryAfterMsOf } from '../../../src-ui/parts/code/failure-text.ts';
import { useCountdown } from '../../../src-ui/parts/code/use-countdown.ts';
import { useTold } from '../../../src-ui/parts/code/use-told.ts';
import { SecretField } from '../../../src-ui/parts/secret-field.tsx';
import { useDropOnLock } from '../../../src-ui/store/use-lock.ts';
import { useServerClock } from '../../../src-ui/time/use-now.ts';
import { blameOf, proofFailureSentences } from '../../parts/unlock/unlock-failure.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useWords } from '../../strings/use-words.ts';

interface TryPinProps {
  onWorks: () => void;
  onSkip: () => void;
  /** The fifth wrong one: there is no PIN any more. */
  onRemoved: () => void;
}

/** The new PIN once more, checked by the server as at the gate; wrong ones count. */
export function TryPin({ onWorks, onSkip, onRemoved }: TryPinProps) {
  const { t, w } = useWords();
  const id = useId();
  const clock = useServerClock();
  const serverName = useSnapshot((s) => s.account?.serverName ?? '');
  const [pin, setPin] = useState('');
  const [isEmpty, setEmpty] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<{ failure: CodeFailure; at: number } | null>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  useDropOnLock(() => setPin(''));

  const retryAfterMs = refusal && retryAfterMsOf(refusal.failure);
  const wait = useCountdown(refusal && retryAfterMs !== null ? refusal.at + retryAfterMs : null);
  const told = useTold(wait, { told: null });
  const isWaiting = wait.seconds > 0;

  async function submit(): Promise<void> {
    if (isBusy || isWaiting) return;
    setEmpty(pin === '');
    setRefusal(null);
    if (pin === '') return field.current?.focus();
    setBusy(true);
    const answer = await window.postern.invoke('unlock.check', { answer: { method: 'pin', pin } });
    setBusy(false);
    setPin('');
    if (answer.ok) return onWorks();
    if (answer.problem.code === 'pin-removed') return onRemoved();
    setRefusal({ failure: answer.problem, at: clock() });
    field.current?.focus();
  }

  const sentences =
    refusal === null
      ? []
      : proofFailureSentences(
          refusal.failure,
          { codeMethod: 'totp', blamed: blameOf(refusal.failure, true, false), serverName },
          { t, w },
        );
  const alerts = isEmpty ? [w.unlock.pin.empty] : sentences;
  return (
    <form
      className="code-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <SecretField
        ref={field}
        label={w.unlock.pin.label}
        showLabel={w.unlock.pin.show}
        hideLabel={w.unlock.pin.hide}
        autoComplete="off"
        value={pin}
        isReadOnly={isBusy}
        isBusy={isBusy}
        isInvalid={alerts.length > 0}
        describedBy={`${id}-alert`}
        onChange={(next) => {
          setPin(next);
          setEmpty(false);
        }}
      />
      <div className="code-messages">
        <div className="code-alert" id={`${id}-alert`} role="alert">
          {alerts.map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </div>
        <p className="code-countdown" aria-live="off">
          {isWaiting ? t.code.tryAgainIn(clockText(wait.seconds)) : ''}
        </p>
        <p className="visually-hidden" role="status">
          {isBusy ? w.unlock.pin.checking : told}
        </p>
      </div>
      <div className="code-buttons">
        <Button type="submit" look="primary" isBusy={isBusy} isDisabled={isWaiting}>
          {w.unlock.setup.tryIt}
        </Button>
        <Button onPress={onSkip}>{w.unlock.setup.skip}</Button>
      </div>
    </form>
  );
}
