import { useEffect, useRef } from 'react';
import type { Result } from '../../../src-shared/problem.ts';
import { useSessionStore } from '../../store/session-store.ts';

/**
 * Asks again by itself every `intervalMs` while the page can be seen and somebody is signed in, never twice at once.
 * A refusal changes nothing: what is on screen stays, and the next try comes.
 */
export function useRefresh<T>(
  load: () => Promise<Result<T>>,
  take: (value: T) => void,
  intervalMs: number,
  isActive = true,
): void {
  const latest = useRef({ load, take });
  latest.current = { load, take };
  const isHere = useSessionStore(({ state }) => state.phase === 'signed-in' && !state.isEnded);
  useEffect(() => {
    if (!isActive || !isHere) return;
    let isGone = false;
    let isAsking = false;
    const timer = setInterval(async () => {
      if (isAsking || document.visibilityState === 'hidden') return;
      isAsking = true;
      const asked = latest.current;
      const answer = await asked.load();
      isAsking = false;
      if (answer.ok && !isGone) asked.take(answer.value);
    }, intervalMs);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [intervalMs, isActive, isHere]);
}
