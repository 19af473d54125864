import { useId, useState } from 'react';
import { Button } from '../../../src-ui/parts/button.tsx';
import { CopyButton } from '../../../src-ui/parts/copy-button.tsx';
import { Door } from '../../../src-ui/parts/door.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useCommand } from '../../store/use-command.ts';
import { showBackupCodes } from '../../store/view-store.ts';
import { useWords } from '../../strings/use-words.ts';

/** Shown once. Nothing but the user's word that they are saved takes this screen away. */
export function BackupCodes({ codes }: { codes: readonly string[] }) {
  const { t, w } = useWords();
  const id = useId();
  const save = useCommand('mfa.save-backup-codes');
  const [isSaved, setSaved] = useState(false);
  const [isConfirmed, setConfirmed] = useState(false);
  return (
    <Door title={w.backup.title} text={w.backup.text} isWide>
      <div className="stack">
        <ol className="backup-codes mono" aria-label={w.backup.list}>
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ol>
        <div className="row no-print">
          <CopyButton text={codes.join('\n')} />
          <Button
            isBusy={save.isBusy}
            onPress={() =>
              void save.run(undefined).then((answer) => setSaved(answer.ok && answer.value.isSaved))
            }
          >
            {isSaved ? t.common.saved : t.common.save}
          </Button>
          <Button onPress={() => window.print()}>{t.common.print}</Button>
        </div>
        <p className="visually-hidden" role="status">
          {isSaved ? t.common.saved : ''}
        </p>
        <ProblemNote problem={save.problem} />
        <label className="check no-print" htmlFor={id}>
          <input
            id={id}
            type="checkbox"
            checked={isConfirmed}
            onChange={(event) => setConfirmed(event.target.checked)}
          />
          {w.backup.confirm}
        </label>
        <div className="no-print stack">
          <Button look="primary" size="large" isDisabled={!isConfirmed} onPress={() => showBackupCodes(null)}>
            {w.backup.done}
          </Button>
        </div>
      </div>
    </Door>
  );
}
