import { useEffect } from 'react';
import { loadSession } from '../api/call.ts';
import { sessionNow, useSessionStore } from './session-store.ts';

/**
 * Asks after the session when the page is looked at again: it may have ended, or somebody else may have signed in in
 * another tab. That the page asks by itself keeps no idle session alive.
 */
export function useSessionWatch(): void {
  useEffect(() => {
    const look = () => {
      const { state } = useSessionStore.getState();
      const isWatched =
        document.visibilityState === 'visible' && state.phase === 'signed-in' && !state.isEnded;
      if (isWatched && sessionNow()) void loadSession(true);
    };
    document.addEventListener('visibilitychange', look);
    window.addEventListener('online', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      window.removeEventListener('online', look);
    };
  }, []);
}
