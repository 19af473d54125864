import { type FocusEvent, useId } from 'react';
import { CopyButton } from '../../src-ui/parts/copy-button.tsx';

interface CopyFieldProps {
  label: string;
  text: string;
  hint?: string;
}

/** As many characters as the one line of the narrowest dialog shows. */
const LINE_LENGTH = 30;
/** Where the browser cannot fit the box to its text, this guess does. */
const rowsOf = (text: string) => Math.ceil(text.length / 44);

/** Something to take elsewhere: shown as it is, all of it chosen with one click, with a button that copies it. */
export function CopyField({ label, text, hint }: CopyFieldProps) {
  const id = useId();
  const field = {
    id,
    readOnly: true,
    spellCheck: false,
    value: text,
    'aria-describedby': hint ? `${id}-hint` : undefined,
    onFocus: (event: FocusEvent<HTMLInputElement | HTMLTextAreaElement>) => event.target.select(),
  };
  return (
    <div className="copy-field field">
      <label htmlFor={id}>{label}</label>
      <div className="copy-box">
        {text.length > LINE_LENGTH ? (
          <textarea {...field} className="input mono copy-lines" rows={rowsOf(text)} />
        ) : (
          <input {...field} className="input mono" />
        )}
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
