import { useEffect, useRef } from 'react';
import { useSurroundings } from '../surroundings.ts';

/** Calls `drop` each time the screen is locked or the machine goes to sleep: what was typed must not outlive that. */
export function useDropOnLock(drop: () => void): void {
  const { lockCount } = useSurroundings();
  const latest = useRef(drop);
  latest.current = drop;
  const seen = useRef(lockCount);
  useEffect(() => {
    if (seen.current === lockCount) return;
    seen.current = lockCount;
    latest.current();
  }, [lockCount]);
}
