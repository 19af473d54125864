import { useCallback, useEffect, useId, useRef, useState } from 'react';
import { CloseIcon } from '../../src-ui/parts/icons.tsx';
import { useWords } from '../strings/use-words.ts';

const PAUSE_MS = 250;

interface SearchFieldProps {
  label: string;
  placeholder?: string;
  /** What is searched for now. */
  value: string;
  /** After a pause in the typing, or Enter. */
  onSearch: (text: string) => void;
}

export function SearchField({ label, placeholder, value, onSearch }: SearchFieldProps) {
  const { w } = useWords();
  const id = useId();
  const [text, setText] = useState(value);
  const latest = useRef(onSearch);
  latest.current = onSearch;
  // What comes from outside, such as a step back in the history, is taken over; what is being typed is not undone.
  const told = useRef(value);
  useEffect(() => {
    if (told.current !== value) setText(value);
    told.current = value;
  }, [value]);
  const tell = useCallback((next: string) => {
    told.current = next.trim();
    latest.current(next.trim());
  }, []);
  useEffect(() => {
    if (text.trim() === told.current) return;
    const timer = setTimeout(() => tell(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, tell]);
  return (
    <search className="search-field">
      <label className="visually-hidden" htmlFor={id}>
        {label}
      </label>
      <div className="field-box">
        <input
          id={id}
          className="input"
          type="text"
          inputMode="search"
          enterKeyHint="search"
          autoComplete="off"
          spellCheck={false}
          maxLength={100}
          placeholder={placeholder ?? label}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') tell(text);
            if (event.key === 'Escape' && text !== '') setText('');
          }}
        />
        {text !== '' && (
          <button
            type="button"
            className="icon-button"
            aria-label={w.common.clear}
            onClick={() => {
              setText('');
              tell('');
            }}
          >
            <CloseIcon />
          </button>
        )}
      </div>
    </search>
  );
}
