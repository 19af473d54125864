import type { PanelSession } from '../../src-shared/panel/session.ts';
import { NewPasswordForm } from '../../src-ui/parts/new-password-form.tsx';
import { problemText } from '../../src-ui/strings/problem-text.ts';
import { useLanguage } from '../../src-ui/strings/use-strings.ts';
import { signInNewPassword } from '../api/session-calls.ts';
import { StepFrame } from '../parts/step-frame.tsx';

interface NewPasswordStepProps {
  passwordToken: string;
  onSignedIn: (session: PanelSession) => void;
  onCancel: () => void;
  /** What was proven is too long ago: it begins anew, with the reason. */
  onExpired: (reason: string) => void;
}

/** A temporary password was right; one's own takes its place before there is a session. */
export function NewPasswordStep({ passwordToken, onSignedIn, onCancel, onExpired }: NewPasswordStepProps) {
  const { t } = useLanguage();
  return (
    <StepFrame title={t.newPassword.title} text={t.newPassword.text}>
      <NewPasswordForm
        onCancel={onCancel}
        onSubmit={async (newPassword) => {
          const answer = await signInNewPassword({ passwordToken, newPassword });
          if (answer.ok) {
            onSignedIn(answer.value);
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
