import { useState } from 'react';
import type { PanelSession } from '../../src-shared/panel/session.ts';
import { BackupCodes } from '../parts/backup-codes.tsx';
import { takeSession } from '../store/session-store.ts';
import { useWords } from '../strings/use-words.ts';
import { MfaStep } from './mfa-step.tsx';
import { NewPasswordStep } from './new-password-step.tsx';
import { PasswordStep } from './password-step.tsx';
import { SetUpStep } from './set-up-step.tsx';
import type { Step } from './step.ts';

interface SignInProps {
  title?: string;
  text?: string | undefined;
  /** Who was signed in, when a session is taken up again. */
  email?: string;
  onSignedIn?: (session: PanelSession) => void;
  /** Above the password. */
  note?: React.ReactNode;
  /** Below the password. */
  footer?: React.ReactNode;
}

/** From nobody to somebody, one question at a time. The password is forgotten with its step; the e-mail stays. */
export function SignIn({
  title,
  text,
  email: known = '',
  onSignedIn = takeSession,
  note,
  footer,
}: SignInProps) {
  const { w } = useWords();
  const [step, setStep] = useState<Step>({ name: 'password', text });
  const [email, setEmail] = useState(known);
  const startOver = (reason?: string) => setStep({ name: 'password', text: reason ?? text });
  switch (step.name) {
    case 'password':
      return (
        <PasswordStep
          title={title ?? w.signIn.title}
          text={step.text ?? w.signIn.text}
          email={email}
          onEmail={setEmail}
          onSignedIn={onSignedIn}
          onStep={setStep}
          note={note}
          footer={footer}
        />
      );
    case 'mfa':
      return (
        <MfaStep
          mfaToken={step.mfaToken}
          methods={step.methods}
          onSignedIn={onSignedIn}
          onStep={setStep}
          onCancel={() => startOver()}
          onExpired={startOver}
        />
      );
    case 'new-password':
      return (
        <NewPasswordStep
          passwordToken={step.passwordToken}
          onSignedIn={onSignedIn}
          onCancel={() => startOver()}
          onExpired={startOver}
        />
      );
    case 'set-up':
      return (
        <SetUpStep
          setupToken={step.setupToken}
          onCodes={(codes) => setStep({ name: 'codes', codes })}
          onCancel={() => startOver()}
        />
      );
    case 'codes':
      return (
        <BackupCodes
          codes={step.codes}
          email={email}
          serverName={null}
          onDone={() => startOver(w.signIn.setUpDone)}
        />
      );
  }
}
