import { expect, it } from 'vitest';
import { clockRefusal } from './lease-clock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

it.each([
  [0, null],
  [MINUTE, null],
  [MINUTE + 1, '1 min behind'],
  [3 * HOUR + MINUTE, '3 h behind'],
  [90 * 24 * HOUR, '90 d behind'],
  // A lease of a day lives on a clock that is ahead by less.
  [-23 * HOUR, null],
  [-24 * HOUR, '24 h ahead'],
  [-72 * HOUR, '3 d ahead'],
])('a clock that the server is %i ms ahead of: %s', (offsetMs, words) => {
  const refusal = clockRefusal(offsetMs, 86_400);
  if (words === null) expect(refusal).toBeNull();
  else expect(refusal).toMatchObject({ code: 'clock-off', offsetMs, detail: expect.stringContaining(words) });
});
