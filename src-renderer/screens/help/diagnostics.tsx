import { useState } from 'react';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useCommand } from '../../store/use-command.ts';
import { useWords } from '../../strings/use-words.ts';

/** Read first, then saved: nobody sends what they have not seen. */
export function Diagnostics() {
  const { t, w } = useWords();
  const read = useCommand('diagnostics.read');
  const save = useCommand('diagnostics.save');
  const [text, setText] = useState<string | null>(null);
  const [isSaved, setSaved] = useState(false);
  return (
    <section className="panel" aria-labelledby="help-diagnostics">
      <h2 id="help-diagnostics">{w.help.diagnostics}</h2>
      <p className="hint">{w.help.diagnosticsText}</p>
      {text !== null && (
        <textarea
          className="diagnostics mono"
          aria-label={w.help.diagnosticsLabel}
          readOnly
          rows={12}
          value={text}
        />
      )}
      <div className="row">
        <Button
          isBusy={read.isBusy}
          onPress={() =>
            void read.run(undefined).then((answer) => {
              if (answer.ok) setText(answer.value.text);
            })
          }
        >
          {w.help.readDiagnostics}
        </Button>
        {text !== null && (
          <Button
            isBusy={save.isBusy}
            onPress={() =>
              void save.run(undefined).then((answer) => setSaved(answer.ok && answer.value.isSaved))
            }
          >
            {isSaved ? t.common.saved : t.common.save}
          </Button>
        )}
      </div>
      <p className="visually-hidden" role="status">
        {isSaved ? t.common.saved : ''}
      </p>
      <ProblemNote problem={read.problem ?? save.problem} />
    </section>
  );
}
