import { useId } from 'react';
import { CopyButton } from '../../../src-renderer/parts/copy-button.tsx';

interface CopyFieldProps {
  label: string;
  text: string;
  hint?: string;
}

/** Something to take elsewhere: shown as it is, all of it chosen with one click, with a button that copies it. */
export function CopyField({ label, text, hint }: CopyFieldProps) {
  const id = useId();
  return (
    <div className="copy-field field">
      <label htmlFor={id}>{label}</label>
      <div className="copy-box">
        <input
          id={id}
          className="input mono"
          readOnly
          spellCheck={false}
          value={text}
          aria-describedby={hint ? `${id}-hint` : undefined}
          onFocus={(event) => event.target.select()}
        />
        <CopyButton text={text} />
      </div>
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
