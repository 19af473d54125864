import { useId } from 'react';
import type { CodeMethod } from '../../../src-shared/otp-code.ts';
import { useLanguage } from '../../strings/use-strings.ts';
import { Button } from '../button.tsx';
import { EntryForm, EntryMessages } from '../entry/entry-form.tsx';
import { failureSentences } from '../entry/failure-text.ts';
import { BackupCodeField } from './backup-code-field.tsx';
import { CodeField } from './code-field.tsx';
import { MethodList, type OtherWay } from './method-list.tsx';
import { type CodeEntryOptions, useCodeEntry } from './use-code-entry.ts';

interface CodeFormProps extends Omit<CodeEntryOptions, 'firstMethod'> {
  /** Those that the server allows now, in the order in which they are offered. */
  methods: readonly CodeMethod[];
  /** Ways that are no codes. */
  otherWays?: readonly OtherWay[];
  serverName: string;
  /** Said while a code is on its way. */
  checkingText?: string;
  submitLabel: string;
  cancelLabel: string;
  onCancel: () => void;
}

/** A one-time or backup code with everything that can be said about it. Enter sends, Esc cancels. */
export function CodeForm(props: CodeFormProps) {
  const { methods, otherWays = [], serverName, onCancel } = props;
  const { t } = useLanguage();
  const id = useId();
  const entry = useCodeEntry({ ...props, firstMethod: methods[0] ?? 'totp' });
  const { codeMethod: method, refusal, isBusy } = entry;

  const sentences =
    refusal && refusal.codeMethod === method
      ? failureSentences(refusal.failure, method, serverName, entry.attemptsLeft, t)
      : [];
  const incomplete = method === 'totp' ? t.code.sixDigits : t.code.emptyBackup;
  const alerts = entry.lack === null ? sentences : [incomplete];

  const fieldProps = {
    id: `${id}-code`,
    value: entry.typed.code,
    onChange: entry.type,
    isChecking: isBusy,
    isInvalid: alerts.length > 0,
    describedBy: `${id}-hint ${id}-alert`,
    ref: entry.field,
  };

  return (
    <EntryForm onSubmit={entry.submit} onCancel={onCancel}>
      {method === 'totp' ? (
        <CodeField key="totp" label={t.code.totpLabel} {...fieldProps} />
      ) : (
        <BackupCodeField key="backup-code" label={t.code.backupLabel} {...fieldProps} />
      )}
      <p className="hint" id={`${id}-hint`}>
        {method === 'totp' ? t.code.totpHint : t.code.backupHint}
      </p>
      <EntryMessages
        alertId={`${id}-alert`}
        alerts={alerts}
        wait={entry.wait}
        nextCode={entry.nextCode}
        spoken={isBusy ? (props.checkingText ?? t.code.checking) : entry.told}
      />
      <div className="code-buttons">
        <Button type="submit" look="primary" isBusy={isBusy} isDisabled={entry.wait.isWaiting}>
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
    </EntryForm>
  );
}
