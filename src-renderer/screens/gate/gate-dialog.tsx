import { useId, useState } from 'react';
import type { GatePrompt } from '../../../src-shared/connection-state.ts';
import type { CodeMethod } from '../../../src-shared/otp-code.ts';
import type { ProofAnswer } from '../../../src-shared/unlock.ts';
import { CodeForm } from '../../../src-ui/parts/code/code-form.tsx';
import type { CodeFailure } from '../../../src-ui/parts/entry/failure-text.ts';
import { Modal } from '../../../src-ui/parts/modal.tsx';
import { ReasonNote } from '../../../src-ui/parts/reason-note.tsx';
import { GuardNote } from '../../parts/guard/guard-note.tsx';
import { ProofForm } from '../../parts/unlock/proof-form.tsx';
import { systemWay, unlockWays, whyText } from '../../parts/unlock/ways.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { openSetUp, rememberUnlock, useView } from '../../store/view-store.ts';
import type { Words } from '../../strings/en.ts';
import { useWords } from '../../strings/use-words.ts';

interface GateDialogProps {
  prompt: GatePrompt;
  isRenewal: boolean;
}

/** A backup code stands in for the authenticator; the server says whether it wants either. */
const codeMethods: readonly CodeMethod[] = ['totp', 'backup-code'];

async function submit(answers: ProofAnswer[]): Promise<CodeFailure | null> {
  const answer = await window.postern.invoke('connection.submit-proof', { answers });
  return answer.ok ? null : answer.problem;
}

export function GateDialog({ prompt, isRenewal }: GateDialogProps) {
  const { t, w } = useWords();
  const titleId = useId();
  const account = useSnapshot((s) => s.account);
  const gateway = useSnapshot((s) => s.gateways.find(({ id }) => id === prompt.gatewayId)?.name ?? '');
  const platform = useSnapshot((s) => s.app.platform);
  const policy = useSnapshot((s) => s.policy);
  const { enrolled, providers } = useSnapshot((s) => s.unlock);
  // As it was when the gate opened: what is used meanwhile shall not move anything.
  const [lastUnlock] = useState(useView((view) => view.lastUnlock));
  const ways = unlockWays(prompt.challenge, { enrolled, providers, policy });
  const system = systemWay(platform, w);
  const serverName = account?.serverName ?? '';
  const submitLabel = isRenewal ? w.gate.submitRenew : w.gate.submit;

  const close = () => window.postern.invoke('connection.cancel', undefined);
  const cancel = () =>
    void (prompt.prompting === null ? close() : window.postern.invoke('connection.cancel-prompt', undefined));
  return (
    <Modal titleId={titleId} onCancel={cancel}>
      <h2 id={titleId}>{titleOf(prompt, isRenewal, w)}</h2>
      <p className="gate-target">{w.gate.target(gateway, account?.email ?? '')}</p>
      {prompt.reason && <ReasonNote reason={prompt.reason} />}
      {isRenewal && <p>{w.gate.renewText}</p>}
      {prompt.challenge.requires.includes('unlock') ? (
        <ProofForm
          prompt={prompt}
          ways={ways}
          firstWay={lastUnlock}
          promptsAtOnce={lastUnlock === 'biometrics' && prompt.lastFailure === null && !prompt.isChecking}
          system={system}
          serverName={serverName}
          submitLabel={submitLabel}
          onCancel={cancel}
          onSetUpAgain={() => void close().then(() => openSetUp('again'))}
          onSubmit={submit}
          onAccepted={rememberUnlock}
        />
      ) : (
        <CodeForm
          methods={codeMethods}
          otherWays={ways.map(({ way, why }) => ({
            key: way,
            name: way === 'pin' ? w.unlock.pin.name : w.unlock.settings.biometrics,
            why: whyText(why ?? 'not-asked', w),
          }))}
          serverName={serverName}
          earlierFailure={prompt.lastFailure}
          attemptsLeft={prompt.attemptsLeft}
          waitUntilMs={prompt.waitUntil === null ? null : Date.parse(prompt.waitUntil)}
          isChecking={prompt.isChecking}
          submitLabel={submitLabel}
          cancelLabel={t.common.cancel}
          onCancel={cancel}
          onSubmit={(method, code) => submit([{ method, code }])}
        />
      )}
      <GuardNote isAnnounced={false} />
    </Modal>
  );
}

function titleOf({ challenge, reason }: GatePrompt, isRenewal: boolean, w: Words): string {
  if (isRenewal) return w.gate.titleRenew;
  if (!challenge.requires.includes('unlock')) return reason ? w.gate.titleReconnect : w.gate.title;
  const { gate } = w.unlock;
  if (challenge.requires.includes('totp')) return reason ? gate.titleBothReconnect : gate.titleBoth;
  return reason ? gate.titleReconnect : gate.title;
}
