/** How far a clock is off, in one unit that English and German share, rounded down: `45 s`, `4 min`, `3 h`, `12 d`. */
export function clockSpan(offsetMs: number): string {
  const seconds = Math.floor(Math.abs(offsetMs) / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
