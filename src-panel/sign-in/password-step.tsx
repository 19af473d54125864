import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { PanelSession } from '../../src-shared/panel/session.ts';
import { type Problem, problem } from '../../src-shared/problem.ts';
import { Button } from '../../src-ui/parts/button.tsx';
import { useWaitAfter } from '../../src-ui/parts/entry/use-wait.ts';
import { ProblemNote } from '../../src-ui/parts/problem-note.tsx';
import { TextField } from '../../src-ui/parts/text-field.tsx';
import { useLanguage } from '../../src-ui/strings/use-strings.ts';
import { signIn } from '../api/session-calls.ts';
import { PasswordField } from '../parts/password-field.tsx';
import { StepFrame } from '../parts/step-frame.tsx';
import { nextStep, type Step } from './step.ts';

interface PasswordStepProps {
  title: string;
  text: string;
  email: string;
  onEmail: (email: string) => void;
  onSignedIn: (session: PanelSession) => void;
  onStep: (step: Step) => void;
  note?: ReactNode;
  footer?: ReactNode;
}

export function PasswordStep(props: PasswordStepProps) {
  const { email } = props;
  const { t } = useLanguage();
  const [password, setPassword] = useState('');
  const [isMissing, setMissing] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const wait = useWaitAfter(refusal);
  const emailField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the step appears
  useEffect(() => (email === '' ? emailField : passwordField).current?.focus(), []);

  async function submit(): Promise<void> {
    if (isBusy || wait.isWaiting) return;
    const lacks = email.trim() === '' ? emailField : password === '' ? passwordField : null;
    setMissing(lacks !== null);
    if (lacks) return lacks.current?.focus();
    setBusy(true);
    setRefusal(null);
    const answer = await signIn({ email: email.trim(), password });
    setBusy(false);
    if (answer.ok) return props.onSignedIn(answer.value);
    const next = nextStep(answer.problem);
    if (next !== null && next !== 'unread') return props.onStep(next);
    setRefusal(next === 'unread' ? problem('protocol-error') : answer.problem);
    // Without an answer nothing was judged, and nothing has to be typed again.
    if (answer.problem.code !== 'server-unreachable') setPassword('');
    passwordField.current?.focus();
  }

  return (
    <StepFrame title={props.title} text={props.text}>
      {props.note}
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField
          ref={emailField}
          label={t.credentials.email}
          type="email"
          name="username"
          autoComplete="username"
          value={email}
          isReadOnly={isBusy}
          onChange={props.onEmail}
        />
        <PasswordField
          ref={passwordField}
          label={t.credentials.password}
          value={password}
          isReadOnly={isBusy}
          onChange={setPassword}
        />
        <div role="alert" className="field-error">
          {isMissing ? t.credentials.missing : ''}
        </div>
        <ProblemNote problem={refusal} />
        {wait.isWaiting && <p className="code-countdown">{wait.text}</p>}
        <Button type="submit" look="primary" size="large" isBusy={isBusy} isDisabled={wait.isWaiting}>
          {t.credentials.submit}
        </Button>
        {props.footer}
      </form>
    </StepFrame>
  );
}
