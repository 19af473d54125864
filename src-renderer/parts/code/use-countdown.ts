import { useEffect, useState } from 'react';
import { type Milestone, nextMilestone, secondsLeft } from '../../time/countdown.ts';
import { useServerNow } from '../../time/use-now.ts';

interface Told {
  untilMs: number;
  milestone: Milestone;
  /** Seconds left when it was told. */
  seconds: number;
}

/** Seconds until `untilMs` (server clock; null: nothing to wait for), and what a screen reader is told last. */
export function useCountdown(untilMs: number | null): { seconds: number; told: Told | null } {
  const [told, setTold] = useState<Told | null>(null);
  const mine = told !== null && told.untilMs === untilMs ? told : null;
  const now = useServerNow(250, untilMs !== null && mine?.milestone !== 'over');
  const seconds = untilMs === null ? 0 : secondsLeft(untilMs, now);
  const previous = mine?.milestone ?? null;
  useEffect(() => {
    if (untilMs === null) return;
    const milestone = nextMilestone(previous, seconds);
    if (milestone !== null) setTold({ untilMs, milestone, seconds });
  }, [untilMs, previous, seconds]);
  return { seconds, told: mine };
}
