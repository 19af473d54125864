import { useMemo } from 'react';
import { clockText } from '../../../src-renderer/format/duration.ts';
import { retryAfterMsOf } from '../../../src-renderer/parts/code/failure-text.ts';
import { useCountdown } from '../../../src-renderer/parts/code/use-countdown.ts';
import { useLanguage } from '../../../src-renderer/strings/use-strings.ts';
import type { Problem } from '../../../src-shared/problem.ts';
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
