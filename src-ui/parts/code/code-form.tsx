import { useId } from 'react';
import { clockText } from '../../format/duration.ts';
import { useLanguage } from '../../strings/use-strings.ts';
import { Button } from '../button.tsx';
import { BackupCodeField } from './backup-code-field.tsx';
import { CodeField } from './code-field.tsx';
import { type CodeMethod, failureSentences } from './failure-text.ts';
import { MethodList, type OtherWay } from './method-list.tsx';
import { type CodeEntryOptions, useCodeEntry } from './use-code-entry.ts';
import { useCountdown } from './use-countdown.ts';
import { useTold } from './use-told.ts';

interface CodeFormProps extends Omit<CodeEntryOptions, 'firstMethod'> {
  /** Those that the server allows now, in the order in which they are offered. */
  methods: readonly CodeMethod[];
  /** Ways that are no codes. */
  otherWays?: readonly OtherWay[];
  serverName: string;
  /** Main says that a code is on its way, e.g. one that was sent before this page was loaded. */
  isChecking?: boolean;
  /** Said while a code is on its way. */
  checkingText?: string;
  submitLabel: string;
  cancelLabel: string;
  onCancel: () => void;
}

/** A one-time or backup code with everything that can be said about it. Enter sends, Esc cancels. */
export function CodeForm(props: CodeFormProps) {
  const { methods, otherWays = [], serverName, isChecking = false, onCancel } = props;
  const { t } = useLanguage();
  const id = useId();
  const entry = useCodeEntry({ ...props, firstMethod: methods[0] ?? 'totp' });
  const { method, refusal } = entry;
  const isBusy = entry.isSending || isChecking;
  const wait = useCountdown(entry.waitUntilMs);
  const nextCode = useCountdown(method === 'totp' ? entry.nextCodeAtMs : null);
  const isWaiting = wait.seconds > 0;

  const sentences =
    refusal && refusal.method === method
      ? failureSentences(refusal.failure, method, serverName, entry.attemptsLeft, t)
      : [];
  const incomplete = method === 'totp' ? t.code.sixDigits : t.code.emptyBackup;
  const alerts = entry.isIncomplete ? [incomplete] : sentences;
  const told = useTold(wait, nextCode);
  const spoken = isBusy ? (props.checkingText ?? t.code.checking) : told;

  const fieldProps = {
    id: `${id}-code`,
    value: entry.value,
    onChange: entry.type,
    isChecking: isBusy,
    isInvalid: alerts.length > 0,
    describedBy: `${id}-hint ${id}-alert`,
    ref: entry.field,
  };

  return (
    <form
      className="code-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy && !isWaiting) entry.submit();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        event.stopPropagation();
        onCancel();
      }}
    >
      {method === 'totp' ? (
        <CodeField key="totp" label={t.code.totpLabel} {...fieldProps} />
      ) : (
        <BackupCodeField key="backup-code" label={t.code.backupLabel} {...fieldProps} />
      )}
      <p className="hint" id={`${id}-hint`}>
        {method === 'totp' ? t.code.totpHint : t.code.backupHint}
      </p>
      <div className="code-messages">
        <div className="code-alert" id={`${id}-alert`} role="alert">
          {alerts.map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </div>
        {/* Ticks each second for the eye only; the ear is told sparsely below. */}
        <p className="code-countdown" aria-live="off">
          {isWaiting
            ? t.code.tryAgainIn(clockText(wait.seconds))
            : nextCode.seconds > 0
              ? t.code.nextCodeIn(nextCode.seconds)
              : ''}
        </p>
        <p className="visually-hidden" role="status">
          {spoken}
        </p>
      </div>
      <div className="code-buttons">
        <Button type="submit" look="primary" isBusy={isBusy} isDisabled={isWaiting}>
          {props.submitLabel}
        </Button>
        <Button onPress={onCancel}>{props.cancelLabel}</Button>
      </div>
      <MethodList
        ways={[
          ...methods
            .filter((each) => each !== method)
            .map((each) => ({
              key: each,
              name: t.code.methods[each],
              choose: () => entry.choose(each),
            })),
          ...otherWays,
        ]}
      />
    </form>
  );
}
