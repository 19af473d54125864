import { useEffect, useRef, useState } from 'react';
import { type ResetLinkState, resetLinkExtra } from '../../src-shared/panel/mfa-reset.ts';
import type { NewFactorAnswer } from '../../src-shared/panel/session.ts';
import type { Problem } from '../../src-shared/problem.ts';
import { Button } from '../../src-ui/parts/button.tsx';
import { Door } from '../../src-ui/parts/door.tsx';
import { useWaitAfter } from '../../src-ui/parts/entry/use-wait.ts';
import { ProblemNote } from '../../src-ui/parts/problem-note.tsx';
import { beginReset, confirmReset } from '../api/reset-calls.ts';
import { Authenticator } from '../parts/authenticator.tsx';
import { BackupCodes } from '../parts/backup-codes.tsx';
import { PasswordField } from '../parts/password-field.tsx';
import { navigate } from '../store/location-store.ts';
import { useSessionStore } from '../store/session-store.ts';
import { useAction } from '../store/use-action.ts';
import { useWords } from '../strings/use-words.ts';

type Step =
  | { name: 'password' }
  | { name: 'authenticator'; factor: NewFactorAnswer }
  | { name: 'codes'; codes: readonly string[] }
  | { name: 'done' }
  | { name: 'bad-link'; why: ResetLinkState };

/** The token of the link, taken out of the address at once: it must stand in no history and on no screen. */
function takeToken(): string {
  const token = window.location.hash.slice(1);
  if (token !== '') window.history.replaceState(null, '', window.location.pathname);
  return token;
}

/** From the link of the mail to a new authenticator: password, code, and only then the old one ends. */
export function ResetPage() {
  const { w } = useWords();
  const [token] = useState(takeOnce);
  const [step, setStep] = useState<Step>(
    token === '' ? { name: 'bad-link', why: 'unknown' } : { name: 'password' },
  );
  useEffect(() => {
    document.title = w.reset.title;
  }, [w]);
  // The page is open, and another link is followed in the same tab.
  useEffect(() => {
    const reload = () => window.location.hash !== '' && window.location.reload();
    window.addEventListener('hashchange', reload);
    return () => window.removeEventListener('hashchange', reload);
  }, []);

  /** A link that ended meanwhile ends the page; every other refusal stays where it was made. */
  function judge(refusal: Problem): void {
    if (refusal.code !== 'reset-link-invalid') return;
    const extra = resetLinkExtra.safeParse(refusal);
    setStep({ name: 'bad-link', why: extra.success ? extra.data.why : 'unknown' });
  }
  function leave(): void {
    useSessionStore.getState().retry();
    navigate('/', true);
  }

  switch (step.name) {
    case 'password':
      return (
        <ResetPassword
          token={token}
          onRefused={judge}
          onFactor={(factor) => setStep({ name: 'authenticator', factor })}
        />
      );
    case 'authenticator': {
      const { factor } = step;
      return (
        <Door title={w.reset.title} text={w.authenticator.text} isWide>
          <Authenticator
            factor={factor}
            cancelLabel={w.reset.cancel}
            onCancel={() => setStep({ name: 'password' })}
            onConfirm={async (code) => {
              const answer = await confirmReset({ token, factorId: factor.factorId, code });
              if (!answer.ok) judge(answer.problem);
              return answer;
            }}
            onDone={(codes) => setStep({ name: 'codes', codes })}
          />
        </Door>
      );
    }
    case 'codes':
      return (
        <BackupCodes
          codes={step.codes}
          email={null}
          serverName={null}
          onDone={() => setStep({ name: 'done' })}
        />
      );
    case 'done':
      return (
        <Door title={w.reset.doneTitle} text={w.reset.doneText}>
          <Button look="primary" size="large" onPress={leave}>
            {w.reset.toSignIn}
          </Button>
        </Door>
      );
    case 'bad-link':
      return (
        <Door title={w.reset.badTitle} text={w.reset.bad[step.why]}>
          <Button onPress={leave}>{w.reset.toSignIn}</Button>
        </Door>
      );
  }
}

/** React may ask twice; the address has it only once. */
let taken: string | null = null;
function takeOnce(): string {
  taken ??= takeToken();
  return taken;
}

interface ResetPasswordProps {
  token: string;
  onRefused: (refusal: Problem) => void;
  onFactor: (factor: NewFactorAnswer) => void;
}

function ResetPassword({ token, onRefused, onFactor }: ResetPasswordProps) {
  const { w } = useWords();
  const begin = useAction(beginReset);
  const [password, setPassword] = useState('');
  const [isMissing, setMissing] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const wait = useWaitAfter(begin.problem);
  useEffect(() => field.current?.focus(), []);

  async function submit(): Promise<void> {
    if (begin.isBusy || wait.isWaiting) return;
    setMissing(password === '');
    if (password === '') return field.current?.focus();
    const answer = await begin.run({ token, password });
    if (answer.ok) return onFactor(answer.value);
    if (answer.problem.code !== 'server-unreachable') setPassword('');
    field.current?.focus();
    onRefused(answer.problem);
  }
  return (
    <Door title={w.reset.title} text={w.reset.text}>
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <PasswordField
          ref={field}
          label={w.reset.password}
          value={password}
          error={isMissing ? w.reset.missing : null}
          isReadOnly={begin.isBusy}
          onChange={setPassword}
        />
        <ProblemNote problem={begin.problem} />
        {wait.isWaiting && <p className="code-countdown">{wait.text}</p>}
        <Button type="submit" look="primary" size="large" isBusy={begin.isBusy} isDisabled={wait.isWaiting}>
          {w.reset.begin}
        </Button>
      </form>
    </Door>
  );
}
