/** `setTimeout` fires at once above this (a signed 32-bit number of milliseconds, 24.8 days). */
const LONGEST_MS = 2 ** 31 - 1;

/** A timer of any length. Never later than asked for by the monotonic clock; `cancel` is idempotent. */
export function startLongTimer(delayMs: number, onDue: () => void): { cancel(): void } {
  let remainingMs = Math.max(0, delayMs);
  let timer: NodeJS.Timeout;
  const next = () => {
    const partMs = Math.min(remainingMs, LONGEST_MS);
    remainingMs -= partMs;
    timer = setTimeout(() => (remainingMs > 0 ? next() : onDue()), partMs);
  };
  next();
  return { cancel: () => clearTimeout(timer) };
}
