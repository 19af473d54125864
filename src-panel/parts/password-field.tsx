import type { Ref } from 'react';
import { SecretField } from '../../src-ui/parts/secret-field.tsx';
import { useLanguage } from '../../src-ui/strings/use-strings.ts';

interface PasswordFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: string;
  error?: string | null;
  isReadOnly?: boolean;
  /** A new password: the browser may offer to make one. */
  isNew?: boolean;
  ref?: Ref<HTMLInputElement>;
}

/** A password that can be shown; password managers are told which one it is. */
export function PasswordField({ isNew = false, ref, ...field }: PasswordFieldProps) {
  const { t } = useLanguage();
  return (
    <SecretField
      {...field}
      {...(ref ? { ref } : {})}
      showLabel={t.credentials.showPassword}
      hideLabel={t.credentials.hidePassword}
      name={isNew ? 'new-password' : 'password'}
      autoComplete={isNew ? 'new-password' : 'current-password'}
    />
  );
}
