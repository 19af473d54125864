import type { CodeMethod } from '../../src-shared/otp-code.ts';
import type { PanelSession } from '../../src-shared/panel/session.ts';
import { problem } from '../../src-shared/problem.ts';
import { CodeForm } from '../../src-ui/parts/code/code-form.tsx';
import { problemText } from '../../src-ui/strings/problem-text.ts';
import { useLanguage } from '../../src-ui/strings/use-strings.ts';
import { signInMfa } from '../api/session-calls.ts';
import { StepFrame } from '../parts/step-frame.tsx';
import { useWords } from '../strings/use-words.ts';
import { nextStep, type Step } from './step.ts';

interface MfaStepProps {
  mfaToken: string;
  methods: readonly CodeMethod[];
  onSignedIn: (session: PanelSession) => void;
  onStep: (step: Step) => void;
  onCancel: () => void;
  /** The password is too long ago: it begins anew, with the reason. */
  onExpired: (reason: string) => void;
}

/** The second factor of a sign-in: a code of the authenticator, or one of the backup codes. */
export function MfaStep({ mfaToken, methods, onSignedIn, onStep, onCancel, onExpired }: MfaStepProps) {
  const { w } = useWords();
  const { t } = useLanguage();
  return (
    <StepFrame title={w.signIn.mfaTitle} text={w.signIn.mfaText}>
      <CodeForm
        methods={methods}
        serverName={w.signIn.mfaServer}
        submitLabel={t.credentials.submit}
        cancelLabel={t.credentials.startOver}
        onCancel={onCancel}
        onSubmit={async (method, code) => {
          const answer = await signInMfa({ mfaToken, method, code });
          if (answer.ok) {
            onSignedIn(answer.value);
            return null;
          }
          const next = nextStep(answer.problem);
          if (next === 'unread') return problem('protocol-error');
          if (next !== null) {
            onStep(next);
            return null;
          }
          if (answer.problem.code !== 'mfa-token-invalid') return answer.problem;
          onExpired(problemText(answer.problem, t).sentence);
          return null;
        }}
      />
    </StepFrame>
  );
}
