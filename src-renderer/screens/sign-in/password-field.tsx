import { type Ref, useEffect, useState } from 'react';
import { TextField } from '../../parts/text-field.tsx';
import { useLanguage } from '../../strings/use-strings.ts';

interface PasswordFieldProps {
  value: string;
  isReadOnly: boolean;
  onChange: (value: string) => void;
  ref: Ref<HTMLInputElement>;
}

/** Can be shown, and hides again when the window is left. */
export function PasswordField({ value, isReadOnly, onChange, ref }: PasswordFieldProps) {
  const { t } = useLanguage();
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const hide = () => setShown(false);
    window.addEventListener('blur', hide);
    document.addEventListener('visibilitychange', hide);
    return () => {
      window.removeEventListener('blur', hide);
      document.removeEventListener('visibilitychange', hide);
    };
  }, []);
  return (
    <TextField
      ref={ref}
      label={t.signIn.password}
      type={isShown ? 'text' : 'password'}
      name="password"
      autoComplete="current-password"
      value={value}
      isReadOnly={isReadOnly}
      onChange={onChange}
      action={
        <button
          type="button"
          className="icon-button"
          aria-label={isShown ? t.signIn.hidePassword : t.signIn.showPassword}
          onClick={() => setShown(!isShown)}
        >
          <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z" />
            <circle cx="12" cy="12" r="3" />
            {isShown && <path d="M4 20 20 4" />}
          </svg>
        </button>
      }
    />
  );
}
