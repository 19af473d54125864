import { useId } from 'react';

interface Option<V extends string> {
  value: V;
  name: string;
  text?: string;
  /** Why it cannot be chosen now. */
  obstacle?: string | undefined;
}

interface RadioGroupProps<V extends string> {
  label: string;
  hint?: string | undefined;
  /** Null: none is chosen yet. */
  value: V | null;
  options: readonly Option<V>[];
  onChange: (value: V) => void;
  look?: 'list' | 'segments';
  isDisabled?: boolean;
}

/** One of a few, as native radio buttons: arrows, form semantics and forced colours come with them. */
export function RadioGroup<V extends string>({
  label,
  hint,
  value,
  options,
  onChange,
  look = 'list',
  isDisabled = false,
}: RadioGroupProps<V>) {
  const id = useId();
  return (
    <fieldset
      className={`choices choices-${look}`}
      disabled={isDisabled}
      aria-describedby={hint ? `${id}-hint` : undefined}
    >
      <legend>{label}</legend>
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <div className="choices-options">
        {options.map((option) => (
          <label key={option.value} className="choice">
            <input
              type="radio"
              name={id}
              value={option.value}
              checked={option.value === value}
              disabled={option.obstacle !== undefined}
              onChange={() => onChange(option.value)}
            />
            <span className="choice-words">
              <span className="choice-name">{option.name}</span>
              {option.text && <span className="hint">{option.text}</span>}
              {option.obstacle && <span className="choice-obstacle">{option.obstacle}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface SwitchProps {
  label: string;
  hint?: string | undefined;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

/** On or off, at once. */
export function Switch({ label, hint, isOn, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div className="switch">
      <div className="switch-words">
        <label htmlFor={id}>{label}</label>
        {hint && (
          <p className="hint" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
      <input
        id={id}
        type="checkbox"
        role="switch"
        checked={isOn}
        aria-checked={isOn}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.target.checked)}
      />
    </div>
  );
}
