import { useId } from 'react';
import type { GatePrompt } from '../../../src-shared/connection-state.ts';
import { CodeForm } from '../../parts/code/code-form.tsx';
import type { CodeMethod } from '../../parts/code/failure-text.ts';
import { Modal } from '../../parts/modal.tsx';
import { ReasonNote } from '../../parts/reason-note.tsx';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useLanguage } from '../../strings/use-strings.ts';

interface GateDialogProps {
  prompt: GatePrompt;
  isRenewal: boolean;
}

/** A backup code stands in for the authenticator; the server says whether it wants either. */
const codeMethods: readonly CodeMethod[] = ['totp', 'backup-code'];

export function GateDialog({ prompt, isRenewal }: GateDialogProps) {
  const { t } = useLanguage();
  const titleId = useId();
  const account = useSnapshot((s) => s.account);
  const gateway = useSnapshot((s) => s.gateways.find(({ id }) => id === prompt.gatewayId)?.name ?? '');
  const { requires } = prompt.challenge;
  const asksUnlock = requires.includes('unlock');
  const unlockWhy = asksUnlock ? t.code.notSetUp : t.code.notAllowed;
  const title = isRenewal ? t.gate.titleRenew : prompt.reason ? t.gate.titleReconnect : t.gate.title;

  const cancel = () => void window.postern.invoke('connection.cancel', undefined);
  return (
    <Modal titleId={titleId} onCancel={cancel}>
      <h2 id={titleId}>{title}</h2>
      <p className="gate-target">{t.gate.target(gateway, account?.email ?? '')}</p>
      {prompt.reason && <ReasonNote reason={prompt.reason} />}
      {isRenewal && <p>{t.gate.renewText}</p>}
      {asksUnlock && <p className="hint">{t.gate.unlockToo}</p>}
      <CodeForm
        methods={codeMethods}
        unavailable={[
          { method: 'pin', why: unlockWhy },
          { method: 'biometrics', why: unlockWhy },
        ]}
        serverName={account?.serverName ?? ''}
        earlierFailure={prompt.lastFailure}
        attemptsLeft={prompt.attemptsLeft}
        waitUntilMs={prompt.waitUntil === null ? null : Date.parse(prompt.waitUntil)}
        isChecking={prompt.isChecking}
        submitLabel={isRenewal ? t.gate.submitRenew : t.gate.submit}
        cancelLabel={t.common.cancel}
        onCancel={cancel}
        onSubmit={async (method, code) => {
          const answer = await window.postern.invoke('connection.submit-proof', { method, code });
          return answer.ok ? null : answer.problem;
        }}
      />
    </Modal>
  );
}
