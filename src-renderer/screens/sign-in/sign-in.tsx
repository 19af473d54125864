import { useState } from 'react';
import type { SignInStepView } from '../../../src-shared/app-ipc.ts';
import type { CodeMethod } from '../../../src-shared/otp-code.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useView } from '../../store/view-store.ts';
import { BackupCodes } from '../mfa-set-up/backup-codes.tsx';
import { MfaSetUp } from '../mfa-set-up/mfa-set-up.tsx';
import { MfaStep } from './mfa-step.tsx';
import { NewPasswordStep } from './new-password-step.tsx';
import { PasswordStep } from './password-step.tsx';
import { type FoundServer, ServerStep } from './server-step.tsx';
import { TrustStep } from './trust-step.tsx';

type Step =
  | { name: 'server' }
  | { name: 'trust'; server: FoundServer }
  | { name: 'password'; server: FoundServer; isSetUpDone: boolean }
  | { name: 'mfa'; server: FoundServer; methods: readonly CodeMethod[] }
  | { name: 'mfa-setup'; server: FoundServer }
  | { name: 'new-password'; server: FoundServer };

/** From nobody to somebody, one question at a time. What main keeps between the steps never comes here. */
export function SignIn() {
  const defaultUrl = useSnapshot((s) => s.app.defaultServerUrl);
  const [step, setStep] = useState<Step>({ name: 'server' });
  const [typedUrl, setTypedUrl] = useState(defaultUrl ?? '');
  const [email, setEmail] = useState('');
  const backupCodes = useView((view) => view.backupCodes);

  const toPassword = (server: FoundServer, isSetUpDone = false) =>
    setStep({ name: 'password', server, isSetUpDone });
  /** After the last step the next snapshot takes this screen away. */
  function goOn(server: FoundServer, next: SignInStepView): void {
    if (next.step === 'mfa') setStep({ name: 'mfa', server, methods: next.methods });
    if (next.step === 'mfa-setup') setStep({ name: 'mfa-setup', server });
    if (next.step === 'new-password') setStep({ name: 'new-password', server });
  }
  function startOver(server: FoundServer): void {
    void window.postern.invoke('session.sign-in-cancel', undefined);
    toPassword(server);
  }

  // Before anything else: they are shown once.
  if (backupCodes !== null) return <BackupCodes codes={backupCodes} />;
  switch (step.name) {
    case 'server':
      return (
        <ServerStep
          typedUrl={typedUrl}
          onType={setTypedUrl}
          onFound={(server) => (server.isTrusted ? toPassword(server) : setStep({ name: 'trust', server }))}
        />
      );
    case 'trust':
      return (
        <TrustStep
          server={step.server}
          onTrusted={() => toPassword({ ...step.server, isTrusted: true })}
          onLater={() => toPassword(step.server)}
          onBack={() => setStep({ name: 'server' })}
        />
      );
    case 'password':
      return (
        <PasswordStep
          server={step.server}
          email={email}
          isSetUpDone={step.isSetUpDone}
          onEmail={setEmail}
          onChangeServer={() => setStep({ name: 'server' })}
          onTrust={() => setStep({ name: 'trust', server: step.server })}
          onNext={(next) => goOn(step.server, next)}
        />
      );
    case 'mfa':
      return (
        <MfaStep
          serverName={step.server.name}
          methods={step.methods}
          onNext={(next) => goOn(step.server, next)}
          onCancel={() => startOver(step.server)}
        />
      );
    case 'new-password':
      return <NewPasswordStep onCancel={() => startOver(step.server)} />;
    case 'mfa-setup':
      return (
        <MfaSetUp
          serverName={step.server.name}
          onDone={() => toPassword(step.server, true)}
          onCancel={() => startOver(step.server)}
        />
      );
  }
}
