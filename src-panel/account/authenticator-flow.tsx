import { useEffect, useRef, useState } from 'react';
import type { NewFactorAnswer } from '../../src-shared/panel/session.ts';
import { Button } from '../../src-ui/parts/button.tsx';
import { useWaitAfter } from '../../src-ui/parts/entry/use-wait.ts';
import { ProblemNote } from '../../src-ui/parts/problem-note.tsx';
import { beginFactor, confirmFactor } from '../api/account-calls.ts';
import { loadSession } from '../api/call.ts';
import { Authenticator } from '../parts/authenticator.tsx';
import { PasswordField } from '../parts/password-field.tsx';
import { StepFrame } from '../parts/step-frame.tsx';
import { useAction } from '../store/use-action.ts';
import { useWords } from '../strings/use-words.ts';

interface AuthenticatorFlowProps {
  isReplacing: boolean;
  needsPassword: boolean;
  onCodes: (codes: readonly string[], note: string) => void;
  onCancel: () => void;
}

/** The first authenticator, or another one: password where it is asked for, then QR code, then a code of it. */
export function AuthenticatorFlow({ isReplacing, needsPassword, onCodes, onCancel }: AuthenticatorFlowProps) {
  const { w } = useWords();
  const begin = useAction(beginFactor);
  const [asksPassword, setAsksPassword] = useState(needsPassword);
  const [password, setPassword] = useState('');
  const [isMissing, setMissing] = useState(false);
  const [factor, setFactor] = useState<NewFactorAnswer | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const wait = useWaitAfter(begin.problem);

  async function start(): Promise<void> {
    if (begin.isBusy || wait.isWaiting) return;
    setMissing(asksPassword && password === '');
    if (asksPassword && password === '') return field.current?.focus();
    const answer = await begin.run(asksPassword ? password : undefined);
    if (answer.ok) {
      setPassword('');
      return setFactor(answer.value);
    }
    if (answer.problem.code === 'wrong-password') setPassword('');
    if (answer.problem.code === 'password-required') setAsksPassword(true);
    field.current?.focus();
  }
  useEffect(() => field.current?.focus(), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when there is nothing to ask first
  useEffect(() => {
    if (needsPassword) return;
    const timer = setTimeout(() => void start());
    return () => clearTimeout(timer);
  }, []);

  const title = isReplacing ? w.authenticator.replaceTitle : w.authenticator.title;
  const text = isReplacing ? w.authenticator.replaceText : w.authenticator.text;
  if (factor === null)
    return (
      <StepFrame title={title} text={asksPassword ? w.authenticator.passwordText : text}>
        <form
          className="stack"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void start();
          }}
        >
          {asksPassword && (
            <PasswordField
              ref={field}
              label={w.security.confirmPassword}
              value={password}
              error={isMissing ? w.security.missing : null}
              isReadOnly={begin.isBusy}
              onChange={setPassword}
            />
          )}
          <p role="status" className="hint">
            {begin.isBusy ? w.authenticator.waiting : ''}
          </p>
          <ProblemNote problem={begin.problem} />
          {wait.isWaiting && <p className="code-countdown">{wait.text}</p>}
          <div className="code-buttons">
            <Button type="submit" look="primary" isBusy={begin.isBusy} isDisabled={wait.isWaiting}>
              {w.authenticator.begin}
            </Button>
            <Button onPress={onCancel}>{w.authenticator.cancel}</Button>
          </div>
        </form>
      </StepFrame>
    );
  return (
    <StepFrame title={title} text={text} isWide>
      <Authenticator
        factor={factor}
        cancelLabel={w.authenticator.cancel}
        onCancel={onCancel}
        onConfirm={(code) => confirmFactor({ factorId: factor.factorId, code })}
        onDone={(codes) => {
          // A new factor may have given this session another end.
          void loadSession(true);
          onCodes(codes, isReplacing ? w.authenticator.replacedNote : w.authenticator.onNote);
        }}
      />
    </StepFrame>
  );
}
