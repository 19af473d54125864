import type { ReactNode, Ref } from 'react';

interface ButtonProps {
  children: ReactNode;
  onPress?: () => void;
  look?: 'primary' | 'secondary' | 'quiet' | 'danger';
  size?: 'normal' | 'large';
  type?: 'button' | 'submit';
  /** Shown as working, and not pressed again; focus stays. */
  isBusy?: boolean;
  isDisabled?: boolean;
  describedBy?: string;
  /** Where the words alone do not say what it acts on. */
  accessibleName?: string;
  ref?: Ref<HTMLButtonElement>;
}

/** A button that never loses focus: what is off for now is `aria-disabled`, not `disabled`. */
export function Button({
  children,
  onPress,
  look = 'secondary',
  size = 'normal',
  type = 'button',
  isBusy = false,
  isDisabled = false,
  describedBy,
  accessibleName,
  ref,
}: ButtonProps) {
  const isOff = isBusy || isDisabled;
  return (
    <button
      ref={ref}
      type={type}
      className={`button button-${look} button-${size}`}
      aria-disabled={isOff || undefined}
      aria-busy={isBusy || undefined}
      aria-describedby={describedBy}
      aria-label={accessibleName}
      onClick={(event) => {
        if (isOff) event.preventDefault();
        else onPress?.();
      }}
    >
      {isBusy && <span className="spinner" aria-hidden="true" />}
      <span className="button-label">{children}</span>
    </button>
  );
}
