import { useId } from 'react';
import { CopyButton } from '../../../src-ui/parts/copy-button.tsx';

interface CodeBlockProps {
  label: string;
  text: string;
  hint?: string;
}

/** Lines to read or take along; what is too wide scrolls in its own box, with the keyboard too. */
export function CodeBlock({ label, text, hint }: CodeBlockProps) {
  const id = useId();
  return (
    <figure className="code-block">
      <figcaption className="panel-head">
        <span id={id}>{label}</span>
        <CopyButton text={text} />
      </figcaption>
      {/* biome-ignore lint/a11y/useSemanticElements: a region of text that scrolls, not a form field */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard */}
      <pre className="mono" role="group" tabIndex={0} aria-labelledby={id}>
        {text}
      </pre>
      {hint && <p className="hint">{hint}</p>}
    </figure>
  );
}
