import { timeText } from '../../../src-ui/format/date-time.ts';
import { useLanguage } from '../../../src-ui/strings/use-strings.ts';
import { serverNow } from '../../store/clock-store.ts';

/** An instant in the user's words; the exact one in its title. */
export function Moment({ at, hasSeconds = false }: { at: string; hasSeconds?: boolean }) {
  const { locale } = useLanguage();
  return (
    <time className="numeric" dateTime={at} title={exactTime(at, locale)}>
      {hasSeconds ? withSeconds(at, locale) : shortTime(at, locale)}
    </time>
  );
}

/** "12:03" today, else "Mar 4, 12:03", with the year when it is another one. */
export function shortTime(at: string, locale: string): string {
  const now = serverNow();
  if (new Date(at).getFullYear() === new Date(now).getFullYear()) return timeText(at, now, locale);
  return dateText(at, locale);
}

/** "Mar 4, 2026". */
export function dateText(at: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(new Date(at));
}

function exactTime(at: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long' }).format(new Date(at));
}

function withSeconds(at: string, locale: string): string {
  const isToday = new Date(at).toDateString() === new Date(serverNow()).toDateString();
  const time = { hour: 'numeric', minute: '2-digit', second: '2-digit' } as const;
  const format = isToday ? time : ({ day: 'numeric', month: 'short', ...time } as const);
  return new Intl.DateTimeFormat(locale, format).format(new Date(at));
}
