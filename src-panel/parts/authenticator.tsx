import type { BackupCodesAnswer, NewFactorAnswer } from '../../src-shared/panel/session.ts';
import type { Result } from '../../src-shared/problem.ts';
import { CodeForm } from '../../src-ui/parts/code/code-form.tsx';
import { CopyButton } from '../../src-ui/parts/copy-button.tsx';
import { QrCode } from '../../src-ui/parts/qr-code.tsx';
import { useWords } from '../strings/use-words.ts';

interface AuthenticatorProps {
  factor: NewFactorAnswer;
  cancelLabel: string;
  onCancel: () => void;
  onConfirm: (code: string) => Promise<Result<BackupCodesAnswer>>;
  onDone: (backupCodes: readonly string[]) => void;
}

/** A new secret as QR code and as text, and the code that shows that it has arrived in an app. */
export function Authenticator({ factor, cancelLabel, onCancel, onConfirm, onDone }: AuthenticatorProps) {
  const { w } = useWords();
  return (
    <div className="set-up">
      <div className="set-up-scan">
        <QrCode text={factor.otpauthUri} label={w.authenticator.qr} />
        <p className="hint">{w.authenticator.cannotScan}</p>
        <p className="secret mono">{factor.secret.match(/.{1,4}/g)?.join(' ')}</p>
        <CopyButton text={factor.secret} />
      </div>
      <div className="set-up-confirm">
        <h2>{w.authenticator.confirmTitle}</h2>
        <CodeForm
          methods={['totp']}
          serverName={w.signIn.mfaServer}
          submitLabel={w.authenticator.confirm}
          cancelLabel={cancelLabel}
          onCancel={onCancel}
          onSubmit={async (_method, code) => {
            const answer = await onConfirm(code);
            if (!answer.ok) return answer.problem;
            onDone(answer.value.backupCodes);
            return null;
          }}
        />
      </div>
    </div>
  );
}
