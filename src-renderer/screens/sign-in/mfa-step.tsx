import type { SignInStepView } from '../../../src-shared/app-ipc.ts';
import type { CodeMethod } from '../../../src-shared/otp-code.ts';
import { CodeForm } from '../../../src-ui/parts/code/code-form.tsx';
import { Door } from '../../../src-ui/parts/door.tsx';
import { useWords } from '../../strings/use-words.ts';

interface MfaStepProps {
  serverName: string;
  methods: readonly CodeMethod[];
  onNext: (step: SignInStepView) => void;
  onCancel: () => void;
}

/** The second factor of a sign-in. When it is accepted, the next snapshot takes this screen away. */
export function MfaStep({ serverName, methods, onNext, onCancel }: MfaStepProps) {
  const { t, w } = useWords();
  return (
    <Door title={w.signIn.mfaTitle} text={w.signIn.mfaText(serverName)}>
      <CodeForm
        methods={methods}
        serverName={serverName}
        submitLabel={t.credentials.submit}
        cancelLabel={t.credentials.startOver}
        onCancel={onCancel}
        onSubmit={async (method, code) => {
          const answer = await window.postern.invoke('session.sign-in-mfa', { method, code });
          if (!answer.ok) return answer.problem;
          onNext(answer.value);
          return null;
        }}
      />
    </Door>
  );
}
