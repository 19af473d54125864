import { useEffect, useRef, useState } from 'react';
import type { SignInStepView } from '../../../src-shared/app-ipc.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { Door } from '../../../src-ui/parts/door.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { TextField } from '../../../src-ui/parts/text-field.tsx';
import { useDropOnLock } from '../../../src-ui/store/use-lock.ts';
import { useCommand } from '../../store/use-command.ts';
import { useWords } from '../../strings/use-words.ts';
import { PasswordField } from './password-field.tsx';
import { ServerName } from './server-name.tsx';
import type { FoundServer } from './server-step.tsx';

interface PasswordStepProps {
  server: FoundServer;
  email: string;
  /** The authenticator was set up a moment ago; the sign-in begins anew. */
  isSetUpDone: boolean;
  onEmail: (email: string) => void;
  onChangeServer: () => void;
  onTrust: () => void;
  onNext: (step: SignInStepView) => void;
}

export function PasswordStep(props: PasswordStepProps) {
  const { server, email } = props;
  const { t, w } = useWords();
  const signIn = useCommand('session.sign-in');
  const [password, setPassword] = useState('');
  const [isMissing, setMissing] = useState(false);
  useDropOnLock(() => setPassword(''));
  const emailField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the step appears
  useEffect(() => (email === '' ? emailField : passwordField).current?.focus(), []);

  async function submit(): Promise<void> {
    if (signIn.isBusy) return;
    const lacks = email.trim() === '' ? emailField : password === '' ? passwordField : null;
    setMissing(lacks !== null);
    if (lacks) return lacks.current?.focus();
    const answer = await signIn.run({ serverUrl: server.url, email: email.trim(), password });
    if (answer.ok) return props.onNext(answer.value);
    setPassword('');
    passwordField.current?.focus();
  }

  return (
    <Door title={w.signIn.title} {...(props.isSetUpDone ? { text: w.setup.doneSignIn } : {})}>
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div className="server-line">
          <ServerName server={server} />
          <Button look="quiet" onPress={props.onChangeServer}>
            {w.signIn.change}
          </Button>
        </div>
        {!server.isTrusted && (
          <p className="hint row">
            {w.signIn.notTrusted}
            <Button look="quiet" onPress={props.onTrust}>
              {w.signIn.trustTitle}
            </Button>
          </p>
        )}
        <TextField
          ref={emailField}
          label={t.credentials.email}
          type="email"
          name="username"
          autoComplete="username"
          value={email}
          isReadOnly={signIn.isBusy}
          onChange={props.onEmail}
        />
        <PasswordField
          ref={passwordField}
          value={password}
          isReadOnly={signIn.isBusy}
          onChange={setPassword}
        />
        <div role="alert" className="field-error">
          {isMissing ? t.credentials.missing : ''}
        </div>
        <ProblemNote problem={signIn.problem} />
        <Button type="submit" look="primary" size="large" isBusy={signIn.isBusy}>
          {t.credentials.submit}
        </Button>
      </form>
    </Door>
  );
}
