import { type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react';
import { isSetUpLink, normalizeOtpInput } from '../../../src-shared/otp-input.ts';
import { useLanguage } from '../../strings/use-strings.ts';

const slots = [0, 1, 2, 3, 4, 5] as const;

interface CodeFieldProps {
  id: string;
  label: string;
  value: string;
  /** Digits only, six at most. */
  onChange: (value: string) => void;
  isChecking: boolean;
  isInvalid: boolean;
  describedBy: string;
  /** Whether it takes focus with the window; false where a form of several fields sees to it. */
  takesFocus?: boolean;
  ref: Ref<{ focus(): void }>;
}

/**
 * One real input drawn as six slots. It has no maxlength: that cuts a pasted "123 456" before it can be cleaned.
 * While the code is checked it is read-only and not disabled, so focus stays where it is.
 */
export function CodeField({
  id,
  label,
  value,
  onChange,
  isChecking,
  isInvalid,
  describedBy,
  takesFocus = true,
  ref,
}: CodeFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  // An input method shows what it is composing in the field: that text is cleaned when it is done.
  const [composing, setComposing] = useState<string | null>(null);
  const [isLink, setIsLink] = useState(false);
  const { t } = useLanguage();
  const take = (text: string) => {
    setIsLink(isSetUpLink(text));
    // The digits in it are no code.
    onChange(isSetUpLink(text) ? '' : normalizeOtpInput(text));
  };
  useImperativeHandle(ref, () => ({ focus: () => input.current?.focus() }));
  useFocusWithWindow(input, takesFocus);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="code-field" data-checking={isChecking || undefined}>
        <div className="code-slots" aria-hidden="true">
          {slots.map((slot) => (
            <span
              key={slot}
              className="code-slot"
              data-active={slot === Math.min(value.length, slots.length - 1) || undefined}
              data-filled={slot < value.length || undefined}
            />
          ))}
        </div>
        <input
          ref={input}
          id={id}
          className="code-input"
          type="text"
          inputMode="numeric"
          autoComplete="one-time-code"
          pattern="[0-9]*"
          name="one-time-code"
          spellCheck={false}
          value={composing ?? value}
          readOnly={isChecking}
          aria-busy={isChecking || undefined}
          aria-invalid={isInvalid || undefined}
          aria-describedby={describedBy}
          onCompositionStart={(event) => setComposing(event.currentTarget.value)}
          onCompositionEnd={(event) => {
            setComposing(null);
            take(event.currentTarget.value);
          }}
          onChange={(event) => {
            if (composing !== null) setComposing(event.target.value);
            else take(event.target.value);
          }}
        />
      </div>
      {isLink && (
        <div className="code-alert" role="alert">
          <p>{t.code.setUpLink}</p>
        </div>
      )}
    </div>
  );
}

/** Focus is in the field when it appears, and again when the window comes forward. */
export function useFocusWithWindow(input: { readonly current: HTMLElement | null }, isOn = true): void {
  useEffect(() => {
    if (!isOn) return;
    const focus = () => input.current?.focus();
    focus();
    window.addEventListener('focus', focus);
    return () => window.removeEventListener('focus', focus);
  }, [input, isOn]);
}
