import { useState } from 'react';
import { getAccount } from '../api/account-calls.ts';
import { Page } from '../frame/page.tsx';
import { DoneNote } from '../parts/done-note.tsx';
import { LoadFrame } from '../parts/load-frame.tsx';
import { useLoad } from '../store/use-load.ts';
import { useWords } from '../strings/use-words.ts';
import { BackupPanel } from './backup-panel.tsx';
import { MfaPanel } from './mfa-panel.tsx';
import { PasswordPanel } from './password-panel.tsx';

/** How the member proves who they are: second factor, backup codes, password. */
export function SecurityPage() {
  const { w } = useWords();
  const account = useLoad('account', getAccount);
  const [done, setDone] = useState<string | null>(null);
  function note(text: string): void {
    setDone(text);
    void account.reload();
  }
  return (
    <Page title={w.security.title} text={w.security.text}>
      <DoneNote text={done} />
      <LoadFrame loaded={account} lines={8}>
        {(value) => (
          <>
            <MfaPanel account={value} onDone={note} />
            {value.factor && <BackupPanel account={value} />}
            <PasswordPanel onDone={note} />
          </>
        )}
      </LoadFrame>
    </Page>
  );
}
