import { useEffect } from 'react';
import { RESET_PAGE_PATH } from '../src-shared/panel/mfa-reset.ts';
import { BrandMark } from '../src-ui/parts/arch.tsx';
import { Button } from '../src-ui/parts/button.tsx';
import { Door } from '../src-ui/parts/door.tsx';
import { ProblemNote } from '../src-ui/parts/problem-note.tsx';
import { FlowScreen } from './account/flow-screen.tsx';
import { loadSession } from './api/call.ts';
import { Shell } from './frame/shell.tsx';
import { ResetPage } from './reset/reset-page.tsx';
import { EndedNote } from './sign-in/ended-note.tsx';
import { SignIn } from './sign-in/sign-in.tsx';
import { SignInAgain } from './sign-in/sign-in-again.tsx';
import { StepUpDialog } from './step-up/step-up-dialog.tsx';
import { useFlow } from './store/flow-store.ts';
import { useLocation } from './store/location-store.ts';
import { useSessionStore } from './store/session-store.ts';
import { useSessionWatch } from './store/use-session-watch.ts';
import { useWords } from './strings/use-words.ts';

/** Who is there decides what is shown; the address decides only the page within. */
export function App() {
  const { path } = useLocation();
  return path === RESET_PAGE_PATH ? <ResetPage /> : <WithSession />;
}

function WithSession() {
  const { w } = useWords();
  const state = useSessionStore((store) => store.state);
  const flow = useFlow((store) => store.flow);
  useSessionWatch();
  const isLoading = state.phase === 'loading';
  useEffect(() => {
    if (isLoading) void loadSession();
  }, [isLoading]);

  switch (state.phase) {
    case 'loading':
      return (
        <main className="starting" aria-busy="true" aria-label={w.start.loading}>
          <BrandMark />
        </main>
      );
    case 'unreachable':
      return (
        <Door title={w.start.unreachable} text={w.start.unreachableText}>
          <div className="stack">
            <ProblemNote problem={state.problem} />
            <Button look="primary" onPress={useSessionStore.getState().retry}>
              {w.common.retry}
            </Button>
          </div>
        </Door>
      );
    case 'signed-out':
      return (
        <SignIn
          text={state.isByChoice ? w.signIn.signedOut : undefined}
          note={state.reason && <EndedNote reason={state.reason} />}
        />
      );
    case 'signed-in':
      return (
        <>
          {/* Another member gets a page of their own: nothing of the one before is left. */}
          {flow ? <FlowScreen flow={flow} /> : <Shell key={state.session.member.id} />}
          <StepUpDialog key={`step-up of ${state.session.member.id}`} />
          {state.isEnded && <SignInAgain session={state.session} reason={state.reason} />}
        </>
      );
  }
}
