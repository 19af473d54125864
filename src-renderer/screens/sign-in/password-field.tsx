import type { Ref } from 'react';
import { SecretField } from '../../../src-ui/parts/secret-field.tsx';
import { useLanguage } from '../../../src-ui/strings/use-strings.ts';

interface PasswordFieldProps {
  value: string;
  isReadOnly: boolean;
  onChange: (value: string) => void;
  ref: Ref<HTMLInputElement>;
}

export function PasswordField(props: PasswordFieldProps) {
  const { t } = useLanguage();
  return (
    <SecretField
      {...props}
      label={t.credentials.password}
      showLabel={t.credentials.showPassword}
      hideLabel={t.credentials.hidePassword}
      name="password"
      autoComplete="current-password"
    />
  );
}
