import { useEffect } from 'react';
import { loadSession } from '../api/call.ts';
import { sessionNow, useSessionStore } from './session-store.ts';

/** A page that is looked at and asks nothing hears within this long that its session was ended. */
const LOOK_EVERY_MS = 30_000;

/**
 * Asks after the session while the page is looked at, and when it is looked at again: it may have ended, or somebody else
 * may have signed in in another tab. That the page asks by itself keeps no idle session alive.
 */
export function useSessionWatch(): void {
  useEffect(() => {
    const look = () => {
      const { state } = useSessionStore.getState();
      const isWatched =
        document.visibilityState === 'visible' && state.phase === 'signed-in' && !state.isEnded;
      if (isWatched && sessionNow()) void loadSession(true);
    };
    const timer = setInterval(look, LOOK_EVERY_MS);
    document.addEventListener('visibilitychange', look);
    window.addEventListener('online', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
      window.removeEventListener('online', look);
    };
  }, []);
}
