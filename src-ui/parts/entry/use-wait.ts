import { useMemo } from 'react';
import { clockText } from '../../format/duration.ts';
import { useLanguage } from '../../strings/use-strings.ts';
import type { Told } from '../../time/countdown.ts';
import { useServerClock } from '../../time/use-now.ts';
import { waitAfter } from './entry.ts';
import type { CodeFailure } from './failure-text.ts';
import { useCountdown } from './use-countdown.ts';

export interface Wait {
  isWaiting: boolean;
  /** "Try again in 0:27", as it runs down; '' when there is nothing to wait for. */
  text: string;
  /** What a screen reader is told of it. */
  told: Told | null;
}

/** A wait until `untilMs` (server clock; null: none). */
export function useWait(untilMs: number | null): Wait {
  const { t } = useLanguage();
  const { seconds, told } = useCountdown(untilMs);
  const isWaiting = seconds > 0;
  return { isWaiting, text: isWaiting ? t.code.tryAgainIn(clockText(seconds)) : '', told };
}

/** The wait that a refusal asks for, for forms that are no entry of codes. */
export function useWaitAfter(failure: CodeFailure | null): Wait {
  const clock = useServerClock();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the clock is read once, when the refusal comes
  const untilMs = useMemo(() => waitAfter(failure && { failure, at: clock() }), [failure]);
  return useWait(untilMs);
}
