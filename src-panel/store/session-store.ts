import { create } from 'zustand';
import type { Reason } from '../../src-shared/challenge.ts';
import type { PanelSession } from '../../src-shared/panel/session.ts';
import type { Problem } from '../../src-shared/problem.ts';

/**
 * Who is signed in. `isEnded`: the session ended under the page; a sign-in is asked for over what is on screen, so that
 * nothing that was typed is lost, and the same person goes on where they were. `reason`: somebody else ended it.
 */
export type SessionState =
  | { phase: 'loading' }
  | { phase: 'unreachable'; problem: Problem }
  | { phase: 'signed-out'; isByChoice: boolean; reason: Reason | null }
  | { phase: 'signed-in'; session: PanelSession; isEnded: boolean; reason: Reason | null };

interface SessionStore {
  state: SessionState;
  /** The server knows this session no more. */
  end: (reason: Reason | null) => void;
  /** Signed out on purpose: nothing of it stays on screen. */
  leave: () => void;
  /** The server could not be asked; what is on screen stays. */
  lose: (problem: Problem) => void;
  retry: () => void;
}

export const useSessionStore = create<SessionStore>()((set, get) => ({
  state: { phase: 'loading' },
  end: (reason) => {
    const { state } = get();
    // The cookie goes with the first answer: a later one no longer knows why.
    const told = reason ?? ('reason' in state ? state.reason : null);
    if (state.phase === 'signed-in') set({ state: { ...state, isEnded: true, reason: told } });
    else set({ state: { phase: 'signed-out', isByChoice: false, reason: told } });
  },
  leave: () => set({ state: { phase: 'signed-out', isByChoice: true, reason: null } }),
  lose: (problem) => {
    if (get().state.phase === 'loading') set({ state: { phase: 'unreachable', problem } });
  },
  retry: () => set({ state: { phase: 'loading' } }),
}));

/** Takes over what the server says of the session, at sign-in and whenever it is asked again. */
export function takeSession(session: PanelSession): void {
  useSessionStore.setState({ state: { phase: 'signed-in', session, isEnded: false, reason: null } });
}

/** The session as it is known now; null when nobody is signed in. */
export function sessionNow(): PanelSession | null {
  const { state } = useSessionStore.getState();
  return state.phase === 'signed-in' ? state.session : null;
}

/** Only below the shell, which stands only when somebody is signed in. */
export function useSession(): PanelSession {
  return useSessionStore(({ state }) => {
    if (state.phase !== 'signed-in') throw new Error('nobody is signed in');
    return state.session;
  });
}
