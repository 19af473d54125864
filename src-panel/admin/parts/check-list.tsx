import { useId } from 'react';

interface CheckListProps<V extends string> {
  label: string;
  options: readonly { value: V; name: string; text?: string }[];
  values: readonly V[];
  error: string | null;
  /** In the order of the options. */
  onChange: (values: V[]) => void;
}

/** Any of several, as native checkboxes. */
export function CheckList<V extends string>({ label, options, values, error, onChange }: CheckListProps<V>) {
  const id = useId();
  return (
    <fieldset className="choices" aria-describedby={`${id}-error`}>
      <legend>{label}</legend>
      <div className="choices-options">
        {options.map((option) => (
          <label key={option.value} className="choice">
            <input
              type="checkbox"
              checked={values.includes(option.value)}
              aria-invalid={error !== null || undefined}
              onChange={(event) =>
                onChange(
                  options
                    .map(({ value }) => value)
                    .filter((value) =>
                      value === option.value ? event.target.checked : values.includes(value),
                    ),
                )
              }
            />
            <span className="choice-words">
              <span className="choice-name">{option.name}</span>
              {option.text && <span className="hint">{option.text}</span>}
            </span>
          </label>
        ))}
      </div>
      <p className="field-error" id={`${id}-error`} role="alert">
        {error}
      </p>
    </fieldset>
  );
}
