import { useEffect, useState } from 'react';
import { useSurroundings } from '../surroundings.ts';

/**
 * The server's clock in milliseconds, as well as this computer knows it: every time that the page shows is the
 * server's. Ticks each `intervalMs` while `isActive` and the window can be seen, so a hidden window has no timers.
 */
export function useServerNow(intervalMs: number, isActive = true): number {
  const offset = useSurroundings().clockOffsetMs;
  const [, setTick] = useState(0);
  useEffect(() => {
    if (!isActive) return;
    let timer: number | undefined;
    const follow = () => {
      window.clearInterval(timer);
      if (document.visibilityState === 'hidden') return;
      const tick = () => setTick((ticks) => ticks + 1);
      tick();
      timer = window.setInterval(tick, intervalMs);
    };
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => {
      window.clearInterval(timer);
      document.removeEventListener('visibilitychange', follow);
    };
  }, [intervalMs, isActive]);
  // Read at each drawing: a clock that only ticks would be stale when a countdown begins.
  return Date.now() + offset;
}

/** Reads the server's clock once, for deadlines that begin now. */
export function useServerClock(): () => number {
  const offset = useSurroundings().clockOffsetMs;
  return () => Date.now() + offset;
}
