import { useEffect, useRef, useState } from 'react';
import type { Result } from '../../src-shared/problem.ts';
import { fail } from '../../src-shared/problem.ts';
import { useWords } from '../strings/use-words.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { PasswordField } from './password-field.tsx';

interface PasswordDialogProps<T> {
  title: string;
  text: string;
  confirmLabel: string;
  look?: 'danger' | 'primary';
  onConfirm: (password: string) => Promise<Result<T>>;
  onDone: (value: T) => void;
  onCancel: () => void;
}

/** Something that the password of the member has to be given for. A refused one is cleared and asked for again. */
export function PasswordDialog<T>({ onConfirm, ...rest }: PasswordDialogProps<T>) {
  const { w } = useWords();
  const [password, setPassword] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  async function confirm(): Promise<Result<T>> {
    const answer = password === '' ? fail('password-required') : await onConfirm(password);
    if (!answer.ok) {
      if (answer.problem.code === 'wrong-password') setPassword('');
      field.current?.focus();
    }
    return answer;
  }
  return (
    <ConfirmDialog {...rest} onConfirm={confirm}>
      <PasswordField ref={field} label={w.security.confirmPassword} value={password} onChange={setPassword} />
    </ConfirmDialog>
  );
}
