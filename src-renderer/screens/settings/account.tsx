import { useState } from 'react';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useCommand } from '../../store/use-command.ts';
import { useWords } from '../../strings/use-words.ts';

export function Account() {
  const { t, w } = useWords();
  const account = useSnapshot((s) => s.account);
  const signOut = useCommand('session.sign-out');
  const staysHeld = useSnapshot(
    (s) => s.channel !== 'open' && s.guard !== null && s.guard.mode !== 'off' && s.guard.until !== null,
  );
  const [isAsking, setAsking] = useState(false);
  if (account === null) return null;
  return (
    <section className="panel" aria-labelledby="settings-account">
      <h2 id="settings-account">{w.settings.account}</h2>
      <div className="panel-row">
        <p className="account-line">
          {isAsking
            ? [w.settings.signOutConfirm, ...(staysHeld ? [w.settings.signOutHeld] : [])].join(' ')
            : w.settings.signedInAs(account.email, account.serverName)}
        </p>
        <div className="row">
          <Button
            look={isAsking ? 'danger' : 'secondary'}
            isBusy={signOut.isBusy}
            onPress={() => (isAsking ? void signOut.run(undefined) : setAsking(true))}
          >
            {w.settings.signOut}
          </Button>
          {isAsking && (
            <Button look="quiet" onPress={() => setAsking(false)}>
              {t.common.cancel}
            </Button>
          )}
        </div>
      </div>
      <ProblemNote problem={signOut.problem} />
    </section>
  );
}
