/** How numbers and times are written. `timeZone` is the IANA name to show times in; undefined: the computer's own. */
export interface TimeStyle {
  /** Milliseconds since 1970. */
  now: () => number;
  timeZone?: string;
}

/** ISO 8601 or milliseconds → local `12:03`, with the day before it when that is not today; `?` for nonsense. */
export function formatClock(
  instant: string | number,
  { now, timeZone }: TimeStyle,
  withSeconds = false,
): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return '?';
  const zone = timeZone === undefined ? {} : { timeZone };
  const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', ...zone });
  const clock = new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    ...(withSeconds ? { second: '2-digit' } : {}),
    ...zone,
  });
  const isToday = day.format(date) === day.format(new Date(now()));
  return isToday ? clock.format(date) : `${day.format(date)} ${clock.format(date)}`;
}

/** Bytes in decimal units, three digits at most: `0 B`, `999 B`, `1.2 kB`, `45 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit] ?? ''}`;
}

/** Milliseconds still to wait, rounded up: `12 s`, `1 min 30 s`, `1 h 2 min`. Never less than `1 s`. */
export function formatWait(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}
