/** "12:03" today, else "Mar 4, 12:03"; `iso` and `nowMs` by the same clock. */
export function timeText(iso: string, nowMs: number, locale: string): string {
  const at = new Date(iso);
  const isToday = at.toDateString() === new Date(nowMs).toDateString();
  return new Intl.DateTimeFormat(
    locale,
    isToday
      ? { hour: 'numeric', minute: '2-digit' }
      : { day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' },
  ).format(at);
}

/** "Saturday, November 21", the heading of a day. */
export function dayText(iso: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' }).format(
    new Date(iso),
  );
}
