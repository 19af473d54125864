import { useEffect, useRef, useState } from 'react';
import { Button } from '../../src-ui/parts/button.tsx';
import { useWaitAfter } from '../../src-ui/parts/entry/use-wait.ts';
import { ProblemNote } from '../../src-ui/parts/problem-note.tsx';
import { useLanguage } from '../../src-ui/strings/use-strings.ts';
import { weaknessText } from '../../src-ui/strings/weakness-text.ts';
import { changePassword } from '../api/account-calls.ts';
import { PasswordField } from '../parts/password-field.tsx';
import { useAction } from '../store/use-action.ts';
import { useWords } from '../strings/use-words.ts';

interface PasswordFormProps {
  onDone: () => void;
  onCancel: () => void;
}

/** Present password, new one, and the new one again; how good it must be is the server's to say. */
export function PasswordForm({ onDone, onCancel }: PasswordFormProps) {
  const { w } = useWords();
  const change = useAction(changePassword);
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const [isChecked, setChecked] = useState(false);
  const currentField = useRef<HTMLInputElement>(null);
  const nextField = useRef<HTMLInputElement>(null);
  const againField = useRef<HTMLInputElement>(null);
  const wait = useWaitAfter(change.problem);
  const { t } = useLanguage();
  const weakness = weaknessText(change.problem, t);
  useEffect(() => currentField.current?.focus(), []);
  const errors = {
    current: current === '' ? w.security.missing : null,
    next: next === '' ? w.security.missing : null,
    again: again !== next ? w.security.differs : null,
  };

  async function submit(): Promise<void> {
    if (change.isBusy || wait.isWaiting) return;
    setChecked(true);
    const wrong = errors.current ? currentField : errors.next ? nextField : errors.again ? againField : null;
    if (wrong) return wrong.current?.focus();
    const answer = await change.run({ currentPassword: current, newPassword: next });
    if (answer.ok) return onDone();
    setChecked(false);
    if (answer.problem.code === 'wrong-password') {
      setCurrent('');
      currentField.current?.focus();
    }
    if (answer.problem.code === 'password-too-weak') nextField.current?.focus();
  }
  return (
    <form
      className="stack narrow-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <PasswordField
        ref={currentField}
        label={w.security.currentPassword}
        value={current}
        error={isChecked ? errors.current : null}
        isReadOnly={change.isBusy}
        onChange={setCurrent}
      />
      <PasswordField
        ref={nextField}
        isNew
        label={w.security.newPassword}
        hint={w.security.newPasswordHint}
        value={next}
        error={(isChecked ? errors.next : null) ?? weakness}
        isReadOnly={change.isBusy}
        onChange={setNext}
      />
      <PasswordField
        ref={againField}
        isNew
        label={w.security.repeatPassword}
        value={again}
        error={isChecked ? errors.again : null}
        isReadOnly={change.isBusy}
        onChange={setAgain}
      />
      <ProblemNote problem={weakness === null ? change.problem : null} />
      {wait.isWaiting && <p className="code-countdown">{wait.text}</p>}
      <div className="row">
        <Button type="submit" look="primary" isBusy={change.isBusy} isDisabled={wait.isWaiting}>
          {w.security.changePassword}
        </Button>
        <Button onPress={onCancel}>{w.common.cancel}</Button>
      </div>
    </form>
  );
}
