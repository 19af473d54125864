import type { Reason } from '../../src-shared/challenge.ts';
import type { PanelSession } from '../../src-shared/panel/session.ts';
import { Button } from '../../src-ui/parts/button.tsx';
import { OverPageProvider } from '../parts/step-frame.tsx';
import { useFlow } from '../store/flow-store.ts';
import { takeSession, useSessionStore } from '../store/session-store.ts';
import { useWords } from '../strings/use-words.ts';
import { EndedNote } from './ended-note.tsx';
import { SignIn } from './sign-in.tsx';

/** The session ended under the page: a sign-in over it, after which everything stands as it was typed. */
export function SignInAgain({ session, reason }: { session: PanelSession; reason: Reason | null }) {
  const { w } = useWords();
  function take(next: PanelSession): void {
    if (next.member.id !== session.member.id) useFlow.getState().end();
    takeSession(next);
  }
  function leave(): void {
    useFlow.getState().end();
    useSessionStore.getState().leave();
  }
  return (
    <OverPageProvider value={true}>
      <SignIn
        title={w.signIn.againTitle}
        text={w.signIn.againText}
        email={session.member.email}
        note={reason && <EndedNote reason={reason} />}
        onSignedIn={take}
        footer={
          <Button look="quiet" onPress={leave}>
            {w.signIn.other}
          </Button>
        }
      />
    </OverPageProvider>
  );
}
