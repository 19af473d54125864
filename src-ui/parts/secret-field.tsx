import { type ComponentProps, useEffect, useState } from 'react';
import { TextField } from './text-field.tsx';

interface SecretFieldProps extends Omit<ComponentProps<typeof TextField>, 'type' | 'action' | 'inputMode'> {
  showLabel: string;
  hideLabel: string;
}

/** A password or PIN. It can be shown, and hides again when the window is left. */
export function SecretField({ showLabel, hideLabel, ...field }: SecretFieldProps) {
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
      {...field}
      type={isShown ? 'text' : 'password'}
      action={
        <button
          type="button"
          className="icon-button"
          aria-label={isShown ? hideLabel : showLabel}
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
