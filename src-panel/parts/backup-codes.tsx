import { useEffect, useId, useState } from 'react';
import { Button } from '../../src-ui/parts/button.tsx';
import { CopyButton } from '../../src-ui/parts/copy-button.tsx';
import { serverNow } from '../store/clock-store.ts';
import { useWords } from '../strings/use-words.ts';
import { saveFile } from './save-file.ts';
import { StepFrame } from './step-frame.tsx';

interface BackupCodesProps {
  codes: readonly string[];
  email: string | null;
  serverName: string | null;
  /** What has just come into force. */
  note?: string | undefined;
  onDone: () => void;
}

/** Shown once. Nothing but the member's word that they are saved takes them away; the browser asks before it leaves. */
export function BackupCodes({ codes, email, serverName, note, onDone }: BackupCodesProps) {
  const { w, locale } = useWords();
  const id = useId();
  const [isSaved, setSaved] = useState(false);
  const [isConfirmed, setConfirmed] = useState(false);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, []);

  function save(): void {
    const date = new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(serverNow());
    const head = w.codes.fileHead(serverName ?? w.brand, email ?? '', date);
    saveFile(w.codes.fileName, `${head}\n\n${codes.join('\n')}\n`);
    setSaved(true);
  }
  return (
    <StepFrame title={w.codes.title} text={w.codes.text} isWide>
      <div className="stack">
        {note && (
          <div className="done-note" role="status">
            <p>{note}</p>
          </div>
        )}
        <ol className="backup-codes mono" aria-label={w.codes.list}>
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ol>
        <div className="row no-print">
          <CopyButton text={codes.join('\n')} />
          <Button onPress={save}>{isSaved ? w.codes.saved : w.codes.save}</Button>
          <Button onPress={() => window.print()}>{w.codes.print}</Button>
        </div>
        <p className="visually-hidden" role="status">
          {isSaved ? w.codes.saved : ''}
        </p>
        <label className="check no-print" htmlFor={id}>
          <input
            id={id}
            type="checkbox"
            checked={isConfirmed}
            onChange={(event) => setConfirmed(event.target.checked)}
          />
          {w.codes.confirm}
        </label>
        <div className="no-print stack">
          <Button look="primary" size="large" isDisabled={!isConfirmed} onPress={onDone}>
            {w.codes.done}
          </Button>
        </div>
      </div>
    </StepFrame>
  );
}
