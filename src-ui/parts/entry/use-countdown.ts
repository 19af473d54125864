import { useEffect, useState } from 'react';
import { nextMilestone, secondsLeft, type Told } from '../../time/countdown.ts';
import { useServerNow } from '../../time/use-now.ts';

/** Seconds until `untilMs` (server clock; null: nothing to wait for), and what a screen reader is told last. */
export function useCountdown(untilMs: number | null): { seconds: number; told: Told | null } {
  const [last, setLast] = useState<{ untilMs: number; told: Told } | null>(null);
  const told = last !== null && last.untilMs === untilMs ? last.told : null;
  const now = useServerNow(250, untilMs !== null && told?.milestone !== 'over');
  const seconds = untilMs === null ? 0 : secondsLeft(untilMs, now);
  useEffect(() => {
    if (untilMs === null) return;
    const milestone = nextMilestone(told, seconds);
    if (milestone !== null) setLast({ untilMs, told: { milestone, seconds } });
  }, [untilMs, told, seconds]);
  return { seconds, told };
}
