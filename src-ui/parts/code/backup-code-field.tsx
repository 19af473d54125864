import { type Ref, useImperativeHandle, useRef } from 'react';
import { useFocusWithWindow } from './code-field.tsx';

interface BackupCodeFieldProps {
  id: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  isChecking: boolean;
  isInvalid: boolean;
  describedBy: string;
  takesFocus?: boolean;
  ref: Ref<{ focus(): void }>;
}

/** A backup code as it was written down; spaces, hyphens and case are for main to sort out. */
export function BackupCodeField({
  id,
  label,
  value,
  onChange,
  isChecking,
  isInvalid,
  describedBy,
  takesFocus = true,
  ref,
}: BackupCodeFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  useImperativeHandle(ref, () => ({ focus: () => input.current?.focus() }));
  useFocusWithWindow(input, takesFocus);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        ref={input}
        id={id}
        className="input input-large mono"
        type="text"
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        value={value}
        readOnly={isChecking}
        aria-busy={isChecking || undefined}
        aria-invalid={isInvalid || undefined}
        aria-describedby={describedBy}
        onChange={(event) => onChange(event.target.value.slice(0, 64))}
      />
    </div>
  );
}
