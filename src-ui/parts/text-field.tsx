import { type HTMLAttributes, type ReactNode, type Ref, useId } from 'react';

interface TextFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  type?: 'text' | 'email' | 'password';
  name?: string;
  autoComplete?: string;
  inputMode?: HTMLAttributes<HTMLInputElement>['inputMode'];
  hint?: string | undefined;
  /** Why the value was not taken; announced and tied to the field. */
  error?: string | null;
  isReadOnly?: boolean;
  isBusy?: boolean;
  /** An error that is told elsewhere, by an element that `describedBy` names. */
  isInvalid?: boolean;
  describedBy?: string | undefined;
  isMono?: boolean;
  /** A control at the end of the field, e.g. show password. */
  action?: ReactNode;
  ref?: Ref<HTMLInputElement>;
}

export function TextField({
  label,
  value,
  onChange,
  type = 'text',
  name,
  autoComplete,
  inputMode,
  hint,
  error = null,
  isReadOnly = false,
  isBusy = false,
  isInvalid = false,
  describedBy = '',
  isMono = false,
  action,
  ref,
}: TextFieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="field-box">
        <input
          ref={ref}
          id={id}
          className={isMono ? 'input mono' : 'input'}
          type={type}
          name={name}
          value={value}
          autoComplete={autoComplete}
          inputMode={inputMode}
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          readOnly={isReadOnly}
          aria-busy={isBusy || undefined}
          aria-invalid={error !== null || isInvalid || undefined}
          aria-describedby={`${id}-hint ${id}-error ${describedBy}`.trim()}
          onChange={(event) => onChange(event.target.value)}
        />
        {action}
      </div>
      <p className="hint" id={`${id}-hint`}>
        {hint}
      </p>
      <p className="field-error" id={`${id}-error`} role="alert">
        {error}
      </p>
    </div>
  );
}
