import { useLanguage } from '../../strings/use-strings.ts';
import type { Told } from '../../time/countdown.ts';

type Countdown = { told: Told | null };

/** What a screen reader is told of a wait, or of the next code: at the start, ten seconds before the end, at the end. */
export function useTold(wait: Countdown, nextCode: Countdown): string {
  const { t, locale } = useLanguage();
  const told = wait.told ?? nextCode.told;
  if (told === null) return '';
  if (told.milestone === 'over') return t.code.waitOver;
  if (told.milestone === 'ten-seconds') return t.code.waitTen;
  if (told === nextCode.told) return t.code.nextCodeIn(told.seconds);
  const unit = new Intl.NumberFormat(locale, { style: 'unit', unit: 'second', unitDisplay: 'long' });
  return t.code.waitStart(unit.format(told.seconds));
}
