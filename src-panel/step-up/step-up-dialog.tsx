import { useEffect, useId, useState } from 'react';
import { type CodeMethod, codeMethod } from '../../src-shared/otp-code.ts';
import { ok } from '../../src-shared/problem.ts';
import { CodeForm } from '../../src-ui/parts/code/code-form.tsx';
import { Modal } from '../../src-ui/parts/modal.tsx';
import { stepUp } from '../api/session-calls.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { PasswordDialog } from '../parts/password-dialog.tsx';
import { useSession } from '../store/session-store.ts';
import { giveUpStepUp, type StepUpGiven, useStepUp } from '../store/step-up-store.ts';
import { useWords } from '../strings/use-words.ts';

/** The proof that the server wants before it does something, asked for over what is on screen. */
export function StepUpDialog() {
  const asked = useStepUp((store) => store.asked);
  // With this member's page goes whoever could answer.
  useEffect(() => giveUpStepUp, []);
  return (
    asked && <StepUp methods={asked.methods} needsTeamName={asked.needsTeamName} onSettle={asked.settle} />
  );
}

interface StepUpProps {
  methods: readonly (CodeMethod | 'password')[];
  needsTeamName: boolean;
  onSettle: (given: StepUpGiven | null) => void;
}

/** First the team's name, where it has to be typed; then the proof, where it is not fresh. */
function StepUp({ methods, needsTeamName, onSettle }: StepUpProps) {
  const { w } = useWords();
  const { serverName } = useSession();
  const [teamName, setTeamName] = useState<string | null>(null);
  const codeMethods = codeMethod.options.filter((method) => methods.includes(method));
  const cancel = () => onSettle(null);
  const done = (name = teamName) => onSettle(name === null ? {} : { teamName: name });

  if (needsTeamName && teamName === null)
    return (
      <ConfirmDialog
        title={w.stepUp.nameTitle}
        text={w.stepUp.nameText}
        confirmLabel={w.stepUp.next}
        typed={serverName.trim()}
        onConfirm={async () => ok(serverName)}
        onDone={(name) => (methods.length === 0 ? done(name) : setTeamName(name))}
        onCancel={cancel}
      />
    );
  if (codeMethods.length > 0)
    return <CodeStep methods={codeMethods} onDone={() => done()} onCancel={cancel} />;
  return (
    <PasswordDialog
      title={w.stepUp.title}
      text={w.stepUp.passwordText}
      confirmLabel={w.stepUp.confirm}
      look="primary"
      onConfirm={(password) => stepUp({ method: 'password', password })}
      onDone={() => done()}
      onCancel={cancel}
    />
  );
}

interface CodeStepProps {
  methods: readonly CodeMethod[];
  onDone: () => void;
  onCancel: () => void;
}

function CodeStep({ methods, onDone, onCancel }: CodeStepProps) {
  const { w } = useWords();
  const id = useId();
  return (
    <Modal titleId={id} onCancel={onCancel}>
      <h2 id={id}>{w.stepUp.title}</h2>
      <p className="dialog-text">{w.stepUp.codeText}</p>
      <CodeForm
        methods={methods}
        serverName={w.signIn.mfaServer}
        submitLabel={w.stepUp.confirm}
        cancelLabel={w.common.cancel}
        onCancel={onCancel}
        onSubmit={async (method, code) => {
          const answer = await stepUp({ method, code });
          if (answer.ok) onDone();
          // The sign-in over the page says it, and after it this is asked for anew.
          else if (answer.problem.code === 'session-invalid') onCancel();
          else return answer.problem;
          return null;
        }}
      />
    </Modal>
  );
}
