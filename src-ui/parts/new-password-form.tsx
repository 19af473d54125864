import { useEffect, useRef, useState } from 'react';
import type { Told } from '../strings/problem-text.ts';
import { useLanguage } from '../strings/use-strings.ts';
import { weaknessText } from '../strings/weakness-text.ts';
import { Button } from './button.tsx';
import { ProblemNote } from './problem-note.tsx';
import { SecretField } from './secret-field.tsx';

interface NewPasswordFormProps {
  /** Null: it was taken. How good it must be is the server's to say. */
  onSubmit: (password: string) => Promise<Told | null>;
  onCancel: () => void;
}

/** The last step of a sign-in with a temporary password: one of one's own, typed twice. */
export function NewPasswordForm({ onSubmit, onCancel }: NewPasswordFormProps) {
  const { t } = useLanguage();
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [isChecked, setChecked] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Told | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const againField = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const missing = password === '' ? t.newPassword.missing : null;
  const differs = again === password ? null : t.newPassword.differs;
  const weakness = weaknessText(refusal, t);

  async function submit(): Promise<void> {
    if (isBusy) return;
    setChecked(true);
    if (missing || differs) return (missing ? field : againField).current?.focus();
    setBusy(true);
    setRefusal(null);
    const problem = await onSubmit(password);
    setBusy(false);
    setRefusal(problem);
    if (problem) field.current?.focus();
  }
  const parts = {
    showLabel: t.credentials.showPassword,
    hideLabel: t.credentials.hidePassword,
    autoComplete: 'new-password',
    isReadOnly: isBusy,
  };
  return (
    <form
      className="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <SecretField
        {...parts}
        ref={field}
        name="new-password"
        label={t.newPassword.label}
        hint={t.newPassword.hint}
        value={password}
        error={(isChecked ? missing : null) ?? weakness}
        onChange={(typed) => {
          setPassword(typed);
          setRefusal(null);
        }}
      />
      <SecretField
        {...parts}
        ref={againField}
        name="new-password-again"
        label={t.newPassword.again}
        value={again}
        error={isChecked ? differs : null}
        onChange={setAgain}
      />
      <ProblemNote problem={weakness === null ? refusal : null} />
      <Button type="submit" look="primary" size="large" isBusy={isBusy}>
        {t.newPassword.submit}
      </Button>
      <Button look="quiet" onPress={onCancel}>
        {t.credentials.startOver}
      </Button>
    </form>
  );
}
