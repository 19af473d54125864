import { useMemo } from 'react';
import type { Problem } from '../../src-shared/problem.ts';
import { clockText } from '../../src-ui/format/duration.ts';
import { retryAfterMsOf } from '../../src-ui/parts/code/failure-text.ts';
import { useCountdown } from '../../src-ui/parts/code/use-countdown.ts';
import { useLanguage } from '../../src-ui/strings/use-strings.ts';
import { serverNow } from '../store/clock-store.ts';

/** The wait that a refusal asks for, as it runs down: "Try again in 0:27". */
export function useWait(refusal: Problem | null): { isWaiting: boolean; text: string | null } {
  const { t } = useLanguage();
  const untilMs = useMemo(() => {
    const afterMs = refusal === null ? null : retryAfterMsOf(refusal);
    return afterMs === null ? null : serverNow() + afterMs;
  }, [refusal]);
  const { seconds } = useCountdown(untilMs);
  const isWaiting = seconds > 0;
  return { isWaiting, text: isWaiting ? t.code.tryAgainIn(clockText(seconds)) : null };
}
