/** Noon in spring: what the pictures take for now. */
export const NOW = new Date('2026-03-04T12:00:00Z');

const MINUTE_MS = 60_000;

/** The instant so many minutes before `NOW`, as ISO 8601; negative ones lie ahead. */
export const minutesAgo = (minutes: number): string =>
  new Date(NOW.getTime() - minutes * MINUTE_MS).toISOString();
export const daysAgo = (days: number): string => minutesAgo(days * 24 * 60);
