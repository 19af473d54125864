import { useEffect, useState } from 'react';
import type { CommandOutput } from '../../../src-shared/app-ipc.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { CodeForm } from '../../../src-ui/parts/code/code-form.tsx';
import { CopyButton } from '../../../src-ui/parts/copy-button.tsx';
import { Door } from '../../../src-ui/parts/door.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { QrCode } from '../../../src-ui/parts/qr-code.tsx';
import { useCommand } from '../../store/use-command.ts';
import { showBackupCodes } from '../../store/view-store.ts';
import { useWords } from '../../strings/use-words.ts';

interface MfaSetUpProps {
  serverName: string;
  /** The factor is in force; the backup codes are on screen from the view store. */
  onDone: () => void;
  onCancel: () => void;
}

export function MfaSetUp({ serverName, onDone, onCancel }: MfaSetUpProps) {
  const { t, w } = useWords();
  const { run, isBusy, problem } = useCommand('mfa.set-up');
  const [factor, setFactor] = useState<CommandOutput<'mfa.set-up'> | null>(null);

  async function begin(): Promise<void> {
    const answer = await run(undefined);
    if (answer.ok) setFactor(answer.value);
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the step appears
  useEffect(() => {
    const timer = setTimeout(() => void begin());
    return () => clearTimeout(timer);
  }, []);

  return (
    <Door title={w.setup.title} text={w.setup.text} isWide>
      {factor === null ? (
        <div className="stack set-up-waiting">
          <p role="status" className="hint">
            {isBusy ? w.setup.preparing : ''}
          </p>
          <ProblemNote problem={problem} />
          {problem && (
            <div className="row">
              <Button look="primary" onPress={() => void begin()}>
                {w.setup.again}
              </Button>
              <Button onPress={onCancel}>{t.credentials.startOver}</Button>
            </div>
          )}
        </div>
      ) : (
        <div className="set-up">
          <div className="set-up-scan">
            <QrCode text={factor.otpauthUri} label={w.setup.qr} />
            <p className="hint">{w.setup.cannotScan}</p>
            <p className="secret mono">{factor.secret.match(/.{1,4}/g)?.join(' ')}</p>
            <CopyButton text={factor.secret} />
          </div>
          <div className="set-up-confirm">
            <h2>{w.setup.confirmTitle}</h2>
            <CodeForm
              methods={['totp']}
              serverName={serverName}
              submitLabel={w.setup.confirm}
              cancelLabel={t.credentials.startOver}
              onCancel={onCancel}
              onSubmit={async (_method, code) => {
                const answer = await window.postern.invoke('mfa.confirm', { code });
                if (!answer.ok) return answer.problem;
                showBackupCodes(answer.value.backupCodes);
                onDone();
                return null;
              }}
            />
          </div>
        </div>
      )}
    </Door>
  );
}
