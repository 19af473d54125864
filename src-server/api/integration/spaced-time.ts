/** Milliseconds since 1970 → `YYYY-MM-DD HH:MM:SS`, UTC. */
export function spacedTime(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}
