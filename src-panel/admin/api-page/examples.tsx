import { CodeBlock } from '../parts/code-block.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';
import shell from './examples/disconnect.sh?raw';
import elastic from './examples/elastic-watch.json?raw';
import splunk from './examples/postern_disconnect.sh?raw';

const texts = { shell, splunk, elastic };

/** Files that are run by tests as they stand here. */
export function Examples() {
  const { a } = useAdminWords();
  return (
    <section className="panel stack" aria-labelledby="examples">
      <h2 id="examples">{a.api.examples}</h2>
      <p className="hint">{a.api.examplesText}</p>
      {(['shell', 'splunk', 'elastic'] as const).map((name) => (
        <CodeBlock
          key={name}
          label={a.api.exampleNames[name]}
          text={texts[name].trimEnd()}
          hint={a.api.exampleTexts[name]}
        />
      ))}
    </section>
  );
}
